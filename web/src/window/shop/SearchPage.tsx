/** Search as one types: the address follows the words. */

import { useLocation } from "preact-iso";
import { useTitle } from "../title";
import { Found } from "./Found";

export default function SearchPage() {
  const { query } = useLocation();
  const words = query.q ?? "";
  const title = words ? `“${words}”` : query.on_sale ? "On sale" : "Everything in the shop";
  useTitle(title);
  return (
    <div class="stack stack-loose">
      <h1>{title}</h1>
      <Found path="/search" filters={query} />
    </div>
  );
}
