/** What the customer wishes for. */

import { useEffect, useState } from "preact/hooks";
import { Button, ButtonLink, Empty, Failed, Loading } from "@/shared/components";
import { asProblem, type Problem } from "@/shared/problem";
import { settled, signedIn } from "@/shared/session";
import { askToSignIn } from "@/shared/sign-in";
import { day } from "@/shared/words";
import { useTitle } from "../title";
import { Picture } from "./Picture";
import { Price } from "./Price";
import { WishButton } from "./WishButton";
import { loadWishes, type Wish, wishes } from "./wishes";

export default function Wishlist() {
  useTitle("Wishlist");
  const [loading, setLoading] = useState(true);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = (): void => {
    if (!signedIn.value) return;
    setProblem(null);
    setLoading(true);
    loadWishes()
      .catch((error: unknown) => setProblem(asProblem(error)))
      .finally(() => setLoading(false));
  };
  useEffect(load, [signedIn.value]);
  if (!settled.value) return <Loading lines={5} />;
  if (!signedIn.value) {
    return (
      <Empty title="Sign in to see your wishlist" icon="heart">
        <Button kind="primary" onClick={askToSignIn}>
          Sign in
        </Button>
      </Empty>
    );
  }
  if (problem) return <Failed problem={problem} retry={load} />;
  if (loading && wishes.value.length === 0) return <Loading lines={5} />;
  if (wishes.value.length === 0) {
    return (
      <Empty title="No wishes yet" icon="heart">
        <p>The heart beside a product puts it here.</p>
        <ButtonLink href="/search">Look around</ButtonLink>
      </Empty>
    );
  }
  return (
    <div class="stack stack-loose">
      <h1>Wishlist</h1>
      <ul class="shelf">
        {wishes.value.map((wish) => (
          <WishCard key={wish.id} wish={wish} />
        ))}
      </ul>
    </div>
  );
}

function WishCard({ wish }: { wish: Wish }) {
  return (
    <li class="product-card">
      <div class="product-card-picture">
        <Picture id={wish.product_id} name={wish.product_name} url={wish.product_image_url} />
      </div>
      <div class="product-card-text">
        <h3>
          <a href={`/products/${wish.product_id}`}>{wish.product_name}</a>
        </h3>
        <Price price={wish.product_price} />
        <p class="small soft">since {day(wish.created_at)}</p>
      </div>
      <WishButton productId={wish.product_id} name={wish.product_name} />
    </li>
  );
}
