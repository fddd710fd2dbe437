/** The ways to have it sent, with what each costs. */

import { Note } from "@/shared/components";
import { money } from "@/shared/money";
import { count } from "@/shared/words";
import type { Quote } from "./quotes";

interface QuoteChoiceProps {
  quotes: Quote[];
  chosen: string | null;
  choose: (quote: Quote) => void;
}

export function QuoteChoice({ quotes, chosen, choose }: QuoteChoiceProps) {
  if (quotes.length === 0) return <Note tone="warn">We do not deliver there yet.</Note>;
  return (
    <fieldset class="stack stack-tight">
      <legend class="visually-hidden">Shipping method</legend>
      {quotes.map((quote) => (
        <label key={quote.method_id} class="choice">
          <input
            type="radio"
            name="shipping_method"
            value={quote.method_id}
            checked={quote.method_id === chosen}
            onChange={() => choose(quote)}
          />
          <span>
            <strong>{quote.name}</strong>
            <br />
            <span class="small soft">about {count(quote.estimated_days, "day")}</span>
          </span>
          <span>{quote.price.amount === 0 ? "Free" : money(quote.price)}</span>
        </label>
      ))}
    </fieldset>
  );
}
