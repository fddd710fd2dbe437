/** What customers say of a product, and a place to say it. */

import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { api, ask, openApi, type Schemas } from "@/shared/api";
import { Badge, Button, Failed, Field, Loading, More } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { day } from "@/shared/words";
import { Stars } from "./Stars";
import { WriteReview } from "./WriteReview";

type Review = Schemas["Review"];
type ReviewPage = Schemas["ReviewPage"];
type Sort = "newest" | "helpful" | "rating";

const SORTS = [
  { value: "newest", label: "Newest" },
  { value: "helpful", label: "Most helpful" },
  { value: "rating", label: "Best rated" },
];

export function Reviews({ productId }: { productId: string }) {
  const [sort, setSort] = useState<Sort>("newest");
  const reviews = useRows<Review, ReviewPage>(
    (cursor) => {
      const params = { path: { product_id: productId }, query: { sort, cursor, limit: 5 } };
      return ask(openApi.GET("/v1/products/{product_id}/reviews", { params }));
    },
    [productId, sort],
  );
  return (
    <section id="reviews" class="stack" aria-labelledby="reviews-title">
      <h2 id="reviews-title">Reviews</h2>
      {reviews.problem && !reviews.first && <Failed problem={reviews.problem} retry={reviews.reload} />}
      {!reviews.first && !reviews.problem && <Loading />}
      {reviews.first && (
        <div class="opinions">
          <div class="stack">
            <Histogram of={reviews.first.aggregate} />
            <WriteReview productId={productId} />
          </div>
          <div class="stack">
            {reviews.rows.length > 1 && (
              <Field
                label="Order"
                name="sort"
                options={SORTS}
                value={sort}
                onInput={(value) => setSort(value as Sort)}
              />
            )}
            {reviews.rows.length === 0 && <p class="soft">Nobody has reviewed this yet.</p>}
            <ul class="stack">
              {reviews.rows.map((review) => (
                <ReviewCard key={review.review_id} review={review} />
              ))}
            </ul>
            <More of={reviews} />
          </div>
        </div>
      )}
    </section>
  );
}

function Histogram({ of }: { of: Schemas["RatingAggregate"] }) {
  return (
    <div class="stack stack-tight">
      <div class="row">
        <strong class="average">{of.average.toFixed(1)}</strong>
        <Stars average={of.average} count={of.count} />
      </div>
      {[5, 4, 3, 2, 1].map((stars) => {
        const share = of.histogram[`${stars}`] ?? 0;
        return (
          <div key={stars} class="histogram">
            <span>{stars}</span>
            <meter min={0} max={of.count || 1} value={share} aria-label={`${stars} stars: ${share}`} />
            <span class="soft">{share}</span>
          </div>
        );
      })}
    </div>
  );
}

function ReviewCard({ review }: { review: Review }) {
  const [helpful, setHelpful] = useState(review.helpful_count);
  const vote = useAction(async () => {
    const params = { path: { review_id: review.review_id } };
    const counted = await ask(api.PUT("/v1/reviews/{review_id}/votes/me", { params, body: { value: "helpful" } }));
    setHelpful(counted.helpful_count);
  });
  return (
    <li class="card stack stack-tight">
      <div class="row row-apart">
        <Stars average={review.rating} />
        <span class="small soft">
          {review.user_details.name ?? "A customer"}, {day(review.created_at)}
        </span>
      </div>
      {review.title && <h3>{review.title}</h3>}
      {review.comment && <p>{review.comment}</p>}
      <div class="row">
        {review.is_verified_purchase && <Badge of="verified" tone="good" label="Bought here" />}
        <Button small kind="quiet" busy={vote.busy} onClick={() => vote.act()}>
          Helpful ({helpful})
        </Button>
        {vote.problem && <span class="field-error">{vote.problem.detail}</span>}
      </div>
    </li>
  );
}
