/** One coupon, or a new one: its terms, what it does to a cart, and who has used it. */

import { useLocation, useRoute } from "preact-iso";
import { useAction } from "@/shared/acting";
import { api, ask, at, keyed, type Schemas } from "@/shared/api";
import { Badge, Button, Form, Note, Shown } from "@/shared/components";
import { useLoaded, useRows } from "@/shared/loading";
import { money } from "@/shared/money";
import { asProblem } from "@/shared/problem";
import { toast, toastProblem } from "@/shared/toasts";
import { moment } from "@/shared/words";
import { CartPreview } from "./cart-preview";
import { CouponFields, couponBody, couponChange } from "./coupon-fields";
import { List } from "./parts/list";
import { Page, Part } from "./parts/page";

type Coupon = Schemas["CouponView"];

const BACK = { label: "Coupons", href: "/control/coupons" };

export default function CouponPage() {
  const { id = "" } = useRoute().params;
  return id === "new" ? <NewCoupon /> : <KnownCoupon id={id} />;
}

function NewCoupon() {
  const { route } = useLocation();
  return (
    <Page title="New coupon" back={BACK}>
      <Part title="Terms">
        <Form
          label="Create"
          submit={async (typed, key) => {
            const params = { header: keyed(key) };
            const made = await ask(api.POST("/v1/coupons", { params, body: couponBody(typed) }));
            toast(`The coupon ${made.code} is made.`);
            route(`/control/coupons/${made.id}`, true);
          }}
        >
          <CouponFields />
        </Form>
      </Part>
    </Page>
  );
}

function KnownCoupon({ id }: { id: string }) {
  const coupon = useLoaded(
    () => ask(api.GET("/v1/coupons/{coupon_id}", { params: { path: { coupon_id: id } } })),
    [id],
  );
  return (
    <Page
      title={coupon.data?.code ?? "Coupon"}
      back={BACK}
      beside={coupon.data && <Badge of={coupon.data.is_active ? "active" : "inactive"} />}
      actions={coupon.data && <Remove of={coupon.data} />}
    >
      <Shown of={coupon}>
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
                  const params = { path: { coupon_id: id }, header: at(told.version) };
                  await ask(api.PATCH("/v1/coupons/{coupon_id}", { params, body: couponChange(typed, told) }));
                  toast("The coupon is saved.");
                  coupon.reload();
                }}
              >
                <CouponFields of={told} />
              </Form>
            </Part>
            <div class="stack">
              <CartPreview code={told.code} />
              <Usages id={id} />
            </div>
          </div>
        )}
      </Shown>
    </Page>
  );
}

function Remove({ of }: { of: Coupon }) {
  const { route } = useLocation();
  const { act, busy } = useAction(async () => {
    const params = { path: { coupon_id: of.id ?? "" }, header: at(of.version) };
    try {
      await ask(api.DELETE("/v1/coupons/{coupon_id}", { params }));
    } catch (error) {
      toastProblem(asProblem(error));
      return;
    }
    toast(`The coupon ${of.code} is gone.`);
    route(BACK.href, true);
  });
  return (
    <Button small kind="danger" busy={busy} onClick={() => confirm(`Delete ${of.code}?`) && void act()}>
      Delete
    </Button>
  );
}

function Usages({ id }: { id: string }) {
  const rows = useRows(
    (cursor) =>
      ask(
        api.GET("/v1/coupons/{coupon_id}/usages", {
          params: { path: { coupon_id: id }, query: { cursor: cursor ?? null } },
        }),
      ),
    [id],
  );
  return (
    <Part title="Used by">
      <List
        of={rows}
        caption="Uses of the coupon"
        keyOf={(use) => use.id}
        none="Nobody has used it"
        columns={[
          { title: "Order", cell: (use) => <a href={`/control/orders/${use.order_id}`}>Order</a> },
          { title: "State", cell: (use) => <Badge of={use.status ?? "reserved"} /> },
          { title: "Took off", numeric: true, cell: (use) => money(use.discount_amount) },
          { title: "When", cell: (use) => moment(use.used_at) },
        ]}
      />
    </Part>
  );
}
