/** Small facts that the page keeps in cookies of its own; secrets are in cookies that no script can read. */

const YEAR = 365 * 24 * 60 * 60;

export function readCookie(name: string): string | null {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : null;
}

/** Keep a value for a while; null forgets it. */
export function writeCookie(name: string, value: string | null, seconds = YEAR): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const age = value === null ? 0 : seconds;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${name}=${encodeURIComponent(value ?? "")}; Path=/; SameSite=Strict; Max-Age=${age}${secure}`;
}
