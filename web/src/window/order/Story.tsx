/** How far an order has come, and what happened on the way. */

import { Icon } from "@/shared/components";
import { moment, words } from "@/shared/words";
import type { Order } from "./OrderPage";

const WAY = ["confirmed", "processing", "shipped", "delivered"];

export function Story({ order }: { order: Order }) {
  const reached = WAY.indexOf(order.status);
  const underway = reached >= 0 || order.status === "pending";
  return (
    <section class="stack" aria-label="How far it is">
      {underway && (
        <ol class="way">
          {WAY.map((status, index) => (
            <li
              key={status}
              class={index <= reached ? "way-done" : undefined}
              aria-current={index === reached ? "step" : undefined}
            >
              <span class="way-dot">{index <= reached && <Icon name="check" />}</span>
              {words(status)}
            </li>
          ))}
        </ol>
      )}
      <details>
        <summary>What happened so far</summary>
        <ol class="events">
          {order.history.map((change) => (
            <li key={change.id}>
              <strong>{words(change.status)}</strong>
              <span class="small soft">{moment(change.created_at)}</span>
              {(change.reason || change.notes) && <span class="small">{change.reason ?? change.notes}</span>}
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}
