/** What the roles of whoever is signed in let them do here. The API judges again; this only spares dead ends. */

import { computed } from "@preact/signals";
import { session } from "@/shared/session";

export const isAdmin = computed(() => session.value?.roles.includes("admin") ?? false);
export const isStaff = computed(() => isAdmin.value || (session.value?.roles.includes("support") ?? false));
