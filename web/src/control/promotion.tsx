/** One promotion, or a new one: its terms, its rules, and what is in force now does to a cart. */

import { useLocation, useRoute } from "preact-iso";
import { useAction } from "@/shared/acting";
import { api, ask, at, keyed, type Schemas } from "@/shared/api";
import { Badge, Button, Form, Note, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { asProblem } from "@/shared/problem";
import { toast, toastProblem } from "@/shared/toasts";
import { CartPreview } from "./cart-preview";
import { Page, Part } from "./parts/page";
import { PromotionFields, promotionBody, promotionChange } from "./promotion-fields";
import { Rules } from "./promotion-rules";

type Promotion = Schemas["PromotionView"];
type Status = NonNullable<Promotion["status"]>;

const BACK = { label: "Promotions", href: "/control/promotions" };

const MOVES: Record<Status, [Status, string][]> = {
  draft: [["active", "Activate"]],
  active: [
    ["paused", "Pause"],
    ["expired", "End for good"],
  ],
  paused: [
    ["active", "Go on"],
    ["expired", "End for good"],
  ],
  expired: [],
};

export default function PromotionPage() {
  const { id = "" } = useRoute().params;
  return id === "new" ? <NewPromotion /> : <KnownPromotion id={id} />;
}

function NewPromotion() {
  const { route } = useLocation();
  return (
    <Page title="New promotion" back={BACK}>
      <Part title="Terms">
        <Form
          label="Create a draft"
          submit={async (typed, key) => {
            const params = { header: keyed(key) };
            const made = await ask(api.POST("/v1/promotions", { params, body: promotionBody(typed) }));
            toast("The draft is made. It changes no cart until it is activated.");
            route(`/control/promotions/${made.id}`, true);
          }}
        >
          <PromotionFields />
        </Form>
      </Part>
    </Page>
  );
}

function KnownPromotion({ id }: { id: string }) {
  const promotion = useLoaded(
    () => ask(api.GET("/v1/promotions/{promotion_id}", { params: { path: { promotion_id: id } } })),
    [id],
  );
  const status = promotion.data?.status ?? "draft";
  return (
    <Page
      title={promotion.data?.name ?? "Promotion"}
      back={BACK}
      beside={promotion.data && <Badge of={status} />}
      actions={
        promotion.data &&
        MOVES[status].map(([to, label]) => <Move key={to} id={id} to={to} label={label} moved={promotion.reload} />)
      }
    >
      <Shown of={promotion}>
        {(told) => (
          <div class="columns">
            <Part title="Terms">
              {(told.missing_categories ?? []).length > 0 && (
                <Note tone="warn">
                  It names categories that are gone: {told.missing_categories?.map(({ name }) => name).join(", ")}.
                </Note>
              )}
              <Form
                key={told.version}
                label="Save"
                submit={async (typed) => {
                  const params = { path: { promotion_id: id }, header: at(told.version) };
                  await ask(api.PATCH("/v1/promotions/{promotion_id}", { params, body: promotionChange(typed, told) }));
                  toast("The promotion is saved.");
                  promotion.reload();
                }}
              >
                <PromotionFields of={told} />
              </Form>
            </Part>
            <div class="stack">
              <Rules of={told} />
              <CartPreview
                note={
                  status === "active"
                    ? "All promotions in force, priced as a guest would see them; a change takes up to a minute."
                    : "This promotion is not in force: activate it to see it here."
                }
              />
            </div>
          </div>
        )}
      </Shown>
    </Page>
  );
}

function Move({ id, to, label, moved }: { id: string; to: Status; label: string; moved: () => void }) {
  const { act, busy } = useAction(async (key) => {
    const params = { path: { promotion_id: id }, header: keyed(key) };
    try {
      await ask(api.POST("/v1/promotions/{promotion_id}/status-changes", { params, body: { status: to } }));
    } catch (error) {
      toastProblem(asProblem(error));
      throw error;
    }
    moved();
  });
  return (
    <Button small kind={to === "active" ? "primary" : "plain"} busy={busy} onClick={() => void act()}>
      {label}
    </Button>
  );
}
