/** All that belongs to one order, asked of every service that had a part in it. */

import { api, ask, find, type Schemas } from "@/shared/api";

export interface Story {
  order: Schemas["OrderDocument"] | null;
  checkout: Schemas["Checkout"] | null;
  runs: Schemas["CheckoutRuns"] | null;
  payments: Schemas["Payment"][];
  shipments: Schemas["ShipmentDocument"][];
  returns: Schemas["ReturnDocument"][];
  edits: Schemas["OrderEdit"][];
  messages: Schemas["Notification"][];
  /** What could not be read just now. */
  missing: string[];
}

type Order = Schemas["OrderDocument"];

/** An order by its id, or by the number that customers know. */
export function readOrder(asked: string): Promise<Order> {
  return /^ORD-/i.test(asked)
    ? ask(api.GET("/v1/orders/by-number/{order_number}", { params: { path: { order_number: asked } } }))
    : ask(api.GET("/v1/orders/{order_id}", { params: { path: { order_id: asked } } }));
}

export async function readStory(asked: string): Promise<Story> {
  const order = await readOrder(asked);
  return gather(order.order_id, order, order.checkout_id ?? null);
}

/** The same from a checkout's side: of many that failed there is no order. */
export async function readCheckoutStory(checkoutId: string): Promise<Story> {
  const checkout = await readCheckout(checkoutId);
  const order = await find(api.GET("/v1/orders/{order_id}", { params: { path: { order_id: checkout.order_id } } }));
  return gather(checkout.order_id, order, checkoutId);
}

async function gather(orderId: string, order: Order | null, checkoutId: string | null): Promise<Story> {
  const missing: string[] = [];
  const part = <T>(name: string, read: Promise<T>, otherwise: T): Promise<T> =>
    read.catch(() => {
      missing.push(name);
      return otherwise;
    });
  const [checkout, runs, payments, shipments, returns, edits, messages] = await Promise.all([
    part("checkout", checkoutId ? readCheckout(checkoutId) : Promise.resolve(null), null),
    part("runs", checkoutId ? readRuns(checkoutId) : Promise.resolve(null), null),
    part("payments", readPayments(orderId), []),
    part("parcels", readShipments(orderId), []),
    part("returns", readReturns(orderId), []),
    part("edits", order?.edits ? readEdits(orderId) : Promise.resolve([]), []),
    part("messages", order ? readMessages(order) : Promise.resolve([]), []),
  ]);
  return { order, checkout, runs, payments, shipments, returns, edits, messages, missing };
}

const readCheckout = (checkout_id: string) =>
  ask(api.GET("/v1/checkouts/{checkout_id}", { params: { path: { checkout_id } } }));

const readRuns = (checkout_id: string) =>
  ask(api.GET("/v1/checkouts/{checkout_id}/runs", { params: { path: { checkout_id } } }));

/** Lists hold heads; what happened to each thing is in the thing itself. */
async function readPayments(order_id: string) {
  const { data } = await ask(api.GET("/v1/payments", { params: { query: { order_id } } }));
  return Promise.all(
    data.map(({ payment_id }) => ask(api.GET("/v1/payments/{payment_id}", { params: { path: { payment_id } } }))),
  );
}

async function readShipments(order_id: string) {
  const { data } = await ask(api.GET("/v1/shipments", { params: { query: { order_id } } }));
  return Promise.all(
    data.map(({ id = "" }) => ask(api.GET("/v1/shipments/{shipment_id}", { params: { path: { shipment_id: id } } }))),
  );
}

async function readReturns(order_id: string) {
  const { data } = await ask(api.GET("/v1/returns", { params: { query: { order_id } } }));
  return Promise.all(
    data.map(({ id }) => ask(api.GET("/v1/returns/{return_id}", { params: { path: { return_id: id } } }))),
  );
}

async function readEdits(order_id: string) {
  const { data } = await ask(api.GET("/v1/admin/orders/{order_id}/edits", { params: { path: { order_id } } }));
  return data;
}

/** A message names what it is about in its key or its words. */
async function readMessages({ user_id, order_id, order_number }: Order) {
  const { data } = await ask(api.GET("/v1/admin/notifications", { params: { query: { user_id, limit: 100 } } }));
  return data.filter((message) =>
    [order_id, order_number].some((name) => `${message.dedupe_key} ${message.subject}`.includes(name)),
  );
}
