/** The shop's departments, read once. */

import { signal } from "@preact/signals";
import { ask, openApi, type Schemas } from "@/shared/api";

export type Category = Schemas["CategoryDocument"];

export const categories = signal<Category[]>([]);

/** The header does without them while they cannot be had. */
export function loadCategories(): void {
  ask(openApi.GET("/v1/categories", { params: { query: { tree: true } } }))
    .then((page) => {
      categories.value = page.data.filter((category) => category.is_active);
    })
    .catch(() => undefined);
}
