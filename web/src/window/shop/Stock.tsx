/** How many there are, and word when there are some again. */

import { useAction } from "@/shared/acting";
import { api, ask, keyed, openApi } from "@/shared/api";
import { Badge, Button, ProblemNote } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { toast } from "@/shared/toasts";

const FEW = 5;

export function Stock({ productId, variantId }: { productId: string; variantId: string | null }) {
  const path = { product_id: productId };
  const stock = useLoaded(
    () =>
      ask(openApi.GET("/v1/inventory/products/{product_id}", { params: { path, query: { variant_id: variantId } } })),
    [productId, variantId],
  );
  const alert = useAction(async (key) => {
    const params = { path, header: keyed(key) };
    await ask(api.POST("/v1/products/{product_id}/stock-alerts", { params, body: { variant_id: variantId } }));
    toast("We will write to you when it is back");
  });
  if (!stock.data) return null; // the page does not depend on it: the cart checks again
  const { available, stock_status } = stock.data;
  if (available > 0) {
    return (
      <p class="row">
        <Badge
          of={available <= FEW ? "low_stock" : "in_stock"}
          label={available <= FEW ? `Only ${available} left` : "In stock"}
        />
        <span class="small soft">Leaves us within a day</span>
      </p>
    );
  }
  return (
    <div class="stack stack-tight">
      <p class="row">
        <Badge of={stock_status} />
        <Button small icon="bell" busy={alert.busy} onClick={() => alert.act()}>
          Tell me when it is back
        </Button>
      </p>
      {alert.problem && <ProblemNote problem={alert.problem} />}
    </div>
  );
}
