/** Where to go after signing in: a page of this shop and no other. */

export function nextOf(query: Record<string, string>): string {
  const next = query.next ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}
