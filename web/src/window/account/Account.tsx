/** What belongs to the customer, in tabs. */

import { useLocation, useRoute } from "preact-iso";
import { Button, Empty, Loading, Tabs } from "@/shared/components";
import { session, settled, signOut } from "@/shared/session";
import { askToSignIn } from "@/shared/sign-in";
import { useTitle } from "../title";
import { Addresses } from "./Addresses";
import { Cards } from "./Cards";
import { Notifications } from "./Notifications";
import { Orders } from "./Orders";
import { Profile } from "./Profile";
import { ReturnList } from "./ReturnList";
import { Security } from "./Security";

const TABS = {
  orders: { label: "Orders", Tab: Orders },
  returns: { label: "Returns", Tab: ReturnList },
  profile: { label: "Details", Tab: Profile },
  addresses: { label: "Addresses", Tab: Addresses },
  payment: { label: "Payment", Tab: Cards },
  security: { label: "Security", Tab: Security },
  notifications: { label: "Notifications", Tab: Notifications },
};

const LINKS = Object.entries(TABS).map(([name, { label }]) => ({ label, href: `/account/${name}` }));

export default function Account() {
  const { params } = useRoute();
  const { route } = useLocation();
  const name = params.tab && params.tab in TABS ? (params.tab as keyof typeof TABS) : "orders";
  const { label, Tab } = TABS[name];
  useTitle(label);
  if (!settled.value) return <Loading lines={6} />;
  if (!session.value) {
    return (
      <Empty title="Sign in to see your account" icon="person">
        <Button kind="primary" onClick={askToSignIn}>
          Sign in
        </Button>
      </Empty>
    );
  }
  return (
    <div class="stack stack-loose">
      <div class="row row-apart">
        <h1>Your account</h1>
        <Button
          small
          onClick={() => {
            void signOut();
            route("/");
          }}
        >
          Sign out
        </Button>
      </div>
      <Tabs label="Account" tabs={LINKS} current={`/account/${name}`} />
      <Tab />
    </div>
  );
}
