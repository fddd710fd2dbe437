/** The window's entry: a demo store. */

import "@/shared/styles.css";
import "./styles/layout.css";
import "./styles/shop.css";
import "./styles/buying.css";
import { render } from "preact";
import { ErrorBoundary, LocationProvider, lazy, Route, Router } from "preact-iso";
import { ButtonLink, Empty, SignInDialog, Toasts } from "@/shared/components";
import { followSession } from "./cart/cart";
import { Footer } from "./Footer";
import { Header } from "./Header";
import { loadCategories } from "./shop/categories";
import Home from "./shop/Home";
import { followWishes } from "./shop/wishes";
import { useTitle } from "./title";

const Account = lazy(() => import("./account/Account"));
const CartPage = lazy(() => import("./cart/CartPage"));
const CategoryPage = lazy(() => import("./shop/CategoryPage"));
const Checkout = lazy(() => import("./checkout/CheckoutPage"));
const CheckoutStatus = lazy(() => import("./checkout/CheckoutStatus"));
const OrderPage = lazy(() => import("./order/OrderPage"));
const ProductPage = lazy(() => import("./shop/ProductPage"));
const Register = lazy(() => import("./entry/Register"));
const ResetPassword = lazy(() => import("./entry/ResetPassword"));
const ReturnPage = lazy(() => import("./order/ReturnPage"));
const SearchPage = lazy(() => import("./shop/SearchPage"));
const SignInPage = lazy(() => import("./entry/SignInPage"));
const VerifyEmail = lazy(() => import("./entry/VerifyEmail"));
const Wishlist = lazy(() => import("./shop/Wishlist"));

function Window() {
  return (
    <LocationProvider scope={/^\/(?!control)/}>
      <Header />
      <main id="main" class="site-main" tabIndex={-1}>
        <ErrorBoundary>
          <Router onRouteChange={arrived}>
            <Route path="/" component={Home} />
            <Route path="/search" component={SearchPage} />
            <Route path="/categories/:slug" component={CategoryPage} />
            <Route path="/products/:id" component={ProductPage} />
            <Route path="/wishlist" component={Wishlist} />
            <Route path="/cart" component={CartPage} />
            <Route path="/checkout" component={Checkout} />
            <Route path="/checkouts/:id" component={CheckoutStatus} />
            <Route path="/orders/:id" component={OrderPage} />
            <Route path="/returns/:id" component={ReturnPage} />
            <Route path="/account/:tab?" component={Account} />
            <Route path="/sign-in" component={SignInPage} />
            <Route path="/register" component={Register} />
            <Route path="/verify-email" component={VerifyEmail} />
            <Route path="/reset-password" component={ResetPassword} />
            <Route default component={Nowhere} />
          </Router>
        </ErrorBoundary>
      </main>
      <Footer />
      <SignInDialog />
      <Toasts />
    </LocationProvider>
  );
}

function Nowhere() {
  useTitle("Not found");
  return (
    <Empty title="There is no such page">
      <ButtonLink href="/">To the shop</ButtonLink>
    </Empty>
  );
}

let before = location.pathname;

/** A new page starts at its top, for eyes and for screen readers; the same page with other filters does not. */
function arrived(): void {
  if (location.pathname === before) return;
  before = location.pathname;
  if (!document.activeElement?.closest("search")) document.getElementById("main")?.focus({ preventScroll: true });
}

followSession();
followWishes();
loadCategories();
const place = document.getElementById("app");
if (place) render(<Window />, place);
