/** The devices the shop has seen the customer on. */

import { useAction } from "@/shared/acting";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Button, ProblemNote, Shown, Table } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { moment } from "@/shared/words";

type Device = Schemas["Device"];

const nameOf = ({ device_name, browser, os, device_type }: Device): string =>
  device_name ?? ([browser, os].filter(Boolean).join(" on ") || (device_type ?? "Unknown"));

export function Devices() {
  const devices = useLoaded(() => ask(api.GET("/v1/devices", { params: { query: { limit: 50 } } })), []);
  const remove = useAction(async (_key, device: Device) => {
    await ask(api.DELETE("/v1/devices/{device_id}", { params: { path: { device_id: device.device_id } } }));
    devices.reload();
  });
  return (
    <section class="stack" aria-labelledby="devices-title">
      <h2 id="devices-title">Devices</h2>
      <Shown of={devices}>
        {({ data }) => (
          <Table
            caption="Your devices"
            rows={data}
            keyOf={(device) => device.device_id}
            columns={[
              { title: "Device", cell: nameOf },
              {
                title: "Trusted",
                cell: (device) => (device.is_trusted ? <Badge of="trusted" tone="good" /> : "No"),
              },
              { title: "Last seen", cell: (device) => moment(device.last_used_at) },
              {
                title: "Change",
                cell: (device) => (
                  <Button small kind="quiet" aria-label={`Forget ${nameOf(device)}`} onClick={() => remove.act(device)}>
                    Forget it
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Shown>
      {remove.problem && <ProblemNote problem={remove.problem} />}
    </section>
  );
}
