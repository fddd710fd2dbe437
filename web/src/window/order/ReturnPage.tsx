/** A return with its RMA number, from the wish to the refund. */

import { useRoute } from "preact-iso";
import { useAction } from "@/shared/acting";
import { api, ask, at, keyed, type Schemas } from "@/shared/api";
import { Badge, Button, Field, Form, Note, ProblemNote, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { day, moment, words } from "@/shared/words";
import { addressLine } from "../account/AddressForm";
import { useFollowing } from "../following";
import { useTitle } from "../title";

type Return = Schemas["ReturnDocument"];

const OVER = ["rejected", "processed", "closed"];

export default function ReturnPage() {
  const { id = "" } = useRoute().params;
  const back = useLoaded(() => ask(api.GET("/v1/returns/{return_id}", { params: { path: { return_id: id } } })), [id]);
  useTitle(back.data?.rma_number);
  const status = back.data?.status;
  useFollowing(back.reload, status !== undefined && !OVER.includes(status), `${status} ${back.data?.version}`);
  return <Shown of={back}>{(found) => <Told back={found} set={back.set} />}</Shown>;
}

function Told({ back, set }: { back: Return; set: (back: Return) => void }) {
  return (
    <div class="stack stack-loose">
      <header class="row row-apart">
        <div>
          <h1>Return {back.rma_number}</h1>
          <p class="soft">
            of <a href={`/orders/${back.order_id}`}>{back.order_number}</a>, asked for {day(back.requested_at)}
          </p>
        </div>
        <p class="row" role="status" aria-label="Status">
          <Badge of={back.status} />
          {back.refund_status !== "none" && <Badge of={back.refund_status} label={`Refund ${back.refund_status}`} />}
        </p>
      </header>
      <div class="with-summary">
        <div class="stack">
          <NextStep back={back} set={set} />
          <ul class="stack">
            {back.items.map((item) => (
              <li key={item.id} class="card row row-apart">
                <span>
                  {item.quantity} × {item.product_name}
                  <br />
                  <span class="small soft">
                    {words(item.return_reason)}
                    {item.note && `: ${item.note}`}
                  </span>
                </span>
                <span>{money(item.refund_amount)}</span>
              </li>
            ))}
          </ul>
        </div>
        <aside class="card stack" aria-label="Refund">
          <dl class="totals">
            <div class="totals-sum">
              <dt>Refund, {words(back.refund_method).toLowerCase()}</dt>
              <dd>{money(back.refund_amount)}</dd>
            </div>
            {back.refunds.map((refund) => (
              <div key={refund.id}>
                <dt>
                  {words(refund.refund_method)} <Badge of={refund.status} />
                </dt>
                <dd>{money(refund.amount)}</dd>
              </div>
            ))}
          </dl>
          <ol class="events">
            {back.history.map((change) => (
              <li key={change.id}>
                <strong>{words(change.status)}</strong>
                <span class="small soft">{moment(change.created_at)}</span>
                {change.notes && <span class="small">{change.notes}</span>}
              </li>
            ))}
          </ol>
        </aside>
      </div>
    </div>
  );
}

/** What the customer does now. */
function NextStep({ back, set }: { back: Return; set: (back: Return) => void }) {
  const { authorization } = back;
  const cancel = useAction(async (key) => {
    const params = { path: { return_id: back.id }, header: keyed(key) };
    set(await ask(api.POST("/v1/returns/{return_id}/cancellations", { params })));
  });
  if (back.status === "pending") {
    return (
      <div class="stack">
        <Note>We are having a look; you will hear from us.</Note>
        <div>
          <Button kind="danger" busy={cancel.busy} onClick={() => cancel.act()}>
            Keep it after all
          </Button>
        </div>
        {cancel.problem && <ProblemNote problem={cancel.problem} />}
      </div>
    );
  }
  if (back.status !== "approved" || !authorization) return null;
  const to = authorization.return_address as Parameters<typeof addressLine>[0] & { full_name?: string };
  return (
    <section class="card stack" aria-labelledby="send-title">
      <h2 id="send-title">Send it to</h2>
      <p>
        <strong>{to.full_name}</strong>
        <br />
        {addressLine(to)}
      </p>
      <p>{authorization.return_instructions}</p>
      <p class="small soft">
        Write <code>{back.rma_number}</code> on the parcel; it must be on its way by {day(authorization.expires_at)}.
      </p>
      <Form
        label="It is on its way"
        kind="plain"
        submit={async ({ tracking_number = "" }) => {
          const params = { path: { return_id: back.id }, header: at(authorization.version) };
          set(await ask(api.PATCH("/v1/returns/{return_id}/authorization", { params, body: { tracking_number } })));
        }}
      >
        <Field
          label="Tracking number"
          name="tracking_number"
          value={authorization.tracking_number ?? undefined}
          required
        />
      </Form>
    </section>
  );
}
