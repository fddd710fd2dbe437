/** A heart that remembers a product. */

import { useEffect } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { IconButton } from "@/shared/components";
import { toastProblem } from "@/shared/toasts";
import { isWished, toggleWish } from "./wishes";

export function WishButton({ productId, name }: { productId: string; name: string }) {
  const toggle = useAction((key) => toggleWish(productId, key));
  const wished = isWished(productId);
  useEffect(() => {
    if (toggle.problem && toggle.problem.status !== 401) toastProblem(toggle.problem);
  }, [toggle.problem]);
  return (
    <span class="wish">
      <IconButton
        icon="heart"
        filled={wished}
        label={wished ? `Take ${name} off the wishlist` : `Put ${name} on the wishlist`}
        aria-pressed={wished}
        onClick={() => toggle.act()}
      />
    </span>
  );
}
