/** A review of one's own. */

import { useState } from "preact/hooks";
import { api, ask, keyed } from "@/shared/api";
import { Button, Field, Form, Note } from "@/shared/components";

export function WriteReview({ productId }: { productId: string }) {
  const [open, setOpen] = useState(false);
  const [sent, setSent] = useState(false);
  if (sent) return <Note tone="good">Thank you. Your review appears here once someone has read it.</Note>;
  if (!open) {
    return (
      <div>
        <Button onClick={() => setOpen(true)}>Write a review</Button>
      </div>
    );
  }
  return (
    <Form
      label="Send review"
      submit={async ({ rating, title, comment }, key) => {
        const params = { path: { product_id: productId }, header: keyed(key) };
        const body = { rating: Number(rating), title: title ?? null, comment: comment ?? null };
        await ask(api.POST("/v1/products/{product_id}/reviews", { params, body }));
        setSent(true);
      }}
    >
      <fieldset class="options">
        <legend>Your rating</legend>
        <div class="row">
          {[1, 2, 3, 4, 5].map((stars) => (
            <label key={stars} class="option">
              <input type="radio" name="rating" value={stars} required />
              <span>
                {stars}
                <span class="visually-hidden"> of 5 stars</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <Field label="Title" name="title" maxLength={200} />
      <Field label="What you think of it" name="comment" rows={4} />
    </Form>
  );
}
