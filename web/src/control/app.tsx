/** The control room: which page an address leads to. Each page is loaded when it is first opened. */

import { ErrorBoundary, LocationProvider, lazy, Route, Router } from "preact-iso";
import { ButtonLink, Empty, SignInDialog, Toasts } from "@/shared/components";
import { Gate } from "./gate";
import { Frame } from "./parts/frame";
import { Page } from "./parts/page";

const Overview = lazy(() => import("./overview"));
const Orders = lazy(() => import("./orders"));
const Order = lazy(() => import("./order"));
const Checkout = lazy(() => import("./checkout"));
const Returns = lazy(() => import("./returns"));
const Return = lazy(() => import("./return"));
const Payments = lazy(() => import("./payments"));
const Payment = lazy(() => import("./payment"));
const Refunds = lazy(() => import("./refunds"));
const Stock = lazy(() => import("./stock"));
const StockItem = lazy(() => import("./stock-item"));
const Reservations = lazy(() => import("./reservations"));
const Imports = lazy(() => import("./imports"));
const Import = lazy(() => import("./import"));
const Coupons = lazy(() => import("./coupons"));
const Coupon = lazy(() => import("./coupon"));
const Promotions = lazy(() => import("./promotions"));
const Promotion = lazy(() => import("./promotion"));
const Moderation = lazy(() => import("./moderation"));
const Events = lazy(() => import("./events"));
const DeadLetters = lazy(() => import("./dead-letters"));

export function App() {
  return (
    <LocationProvider scope="/control">
      <Gate>
        <Frame>
          <ErrorBoundary>
            <Router onRouteChange={toTheTop}>
              <Route path="/control" component={Overview} />
              <Route path="/control/orders" component={Orders} />
              <Route path="/control/orders/:id" component={Order} />
              <Route path="/control/checkouts/:id" component={Checkout} />
              <Route path="/control/returns" component={Returns} />
              <Route path="/control/returns/:id" component={Return} />
              <Route path="/control/payments" component={Payments} />
              <Route path="/control/payments/:id" component={Payment} />
              <Route path="/control/refunds" component={Refunds} />
              <Route path="/control/stock" component={Stock} />
              <Route path="/control/stock/:sku" component={StockItem} />
              <Route path="/control/reservations" component={Reservations} />
              <Route path="/control/imports" component={Imports} />
              <Route path="/control/imports/:id" component={Import} />
              <Route path="/control/coupons" component={Coupons} />
              <Route path="/control/coupons/:id" component={Coupon} />
              <Route path="/control/promotions" component={Promotions} />
              <Route path="/control/promotions/:id" component={Promotion} />
              <Route path="/control/moderation" component={Moderation} />
              <Route path="/control/events" component={Events} />
              <Route path="/control/dead-letters" component={DeadLetters} />
              <Route default component={Nowhere} />
            </Router>
          </ErrorBoundary>
        </Frame>
      </Gate>
      <SignInDialog />
      <Toasts />
    </LocationProvider>
  );
}

let shown = location.pathname;

/** Another page begins at its top, for the eye and for the keyboard; other filters of the same page do not. */
function toTheTop(): void {
  if (shown === location.pathname) return;
  shown = location.pathname;
  scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}

function Nowhere() {
  return (
    <Page title="No such page">
      <Empty title="There is no page at this address" icon="search">
        <ButtonLink href="/control">To the overview</ButtonLink>
      </Empty>
    </Page>
  );
}
