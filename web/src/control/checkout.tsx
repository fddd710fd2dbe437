/** One checkout, also where no order came of it: how far it got, and how it was undone. */

import { useRoute } from "preact-iso";
import { Badge, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { moment, words } from "@/shared/words";
import { Facts, Page, Part } from "./parts/page";
import { usePolling } from "./parts/polling";
import Runs from "./saga/runs";
import { readCheckoutStory, type Story } from "./story/read";
import { Timeline } from "./story/timeline";

export default function CheckoutPage() {
  const { id = "" } = useRoute().params;
  const story = useLoaded(() => readCheckoutStory(id), [id]);
  const { checkout } = story.data ?? {};
  usePolling(story.reload, 10);
  return (
    <Page
      title={checkout ? `Checkout of ${checkout.order_number}` : "Checkout"}
      back={{ label: "Live events", href: "/control/events" }}
      beside={checkout && <Badge of={checkout.status ?? "pending"} />}
    >
      <Shown of={story} lines={8}>
        {(told) => (
          <div class="columns">
            <div class="stack">
              <Summary of={told} />
              {told.runs && (
                <Part title="Checkout">
                  <Runs of={told.runs} />
                </Part>
              )}
            </div>
            <Part title="Story">
              <Timeline of={told} />
            </Part>
          </div>
        )}
      </Shown>
    </Page>
  );
}

function Summary({ of: { checkout, order } }: { of: Story }) {
  if (!checkout) return null;
  return (
    <Part title="In short">
      <Facts
        of={[
          ["Failed because", words(checkout.failure_code)],
          ["Total", checkout.total_amount && money(checkout.total_amount)],
          ["Begun", moment(checkout.created_at)],
          ["Order", order && <a href={`/control/orders/${order.order_id}`}>{order.order_number}</a>],
          ["Cart", <code>{checkout.cart_id}</code>],
        ]}
      />
    </Part>
  );
}
