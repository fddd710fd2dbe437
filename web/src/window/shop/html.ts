/** The words of a description that a merchant wrote in HTML. It is read, never run: only its text reaches the page. */

export function paragraphs(html: string | null | undefined): string[] {
  if (!html) return [];
  const body = new DOMParser().parseFromString(html, "text/html").body;
  const blocks = [...body.querySelectorAll("p, li, h1, h2, h3, h4, blockquote")];
  const texts = blocks.length > 0 ? blocks.map((block) => block.textContent) : [body.textContent];
  return texts.map((text) => (text ?? "").trim()).filter((text) => text !== "");
}
