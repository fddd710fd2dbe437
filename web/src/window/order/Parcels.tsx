/** Where the parcels are. */

import { useEffect } from "preact/hooks";
import { api, ask } from "@/shared/api";
import { Badge } from "@/shared/components";
import { useLoaded, whole } from "@/shared/loading";
import { day } from "@/shared/words";

export function Parcels({ orderId, state }: { orderId: string; state: string }) {
  const parcels = useLoaded(
    () => ask(api.GET("/v1/shipments", { params: { query: { order_id: orderId } } })),
    [orderId],
  );
  useEffect(() => parcels.reload(), [state]);
  const sent = whole(parcels).filter((parcel) => !parcel.withdrawn);
  if (sent.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="parcels-title">
      <h2 id="parcels-title">Parcels</h2>
      {sent.map((parcel) => (
        <div key={parcel.id} class="card row row-apart">
          <div>
            <p>
              <strong>{parcel.carrier}</strong> {parcel.tracking_number && <code>{parcel.tracking_number}</code>}
            </p>
            <p class="small soft">
              {parcel.delivered_at
                ? `There since ${day(parcel.delivered_at)}`
                : `Expected ${day(parcel.estimated_delivery_date)}`}
            </p>
          </div>
          <Badge of={parcel.status} />
        </div>
      ))}
    </section>
  );
}
