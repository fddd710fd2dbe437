/** The top of every page: the name, the search, and the way to what is one's own. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { ask, openApi } from "@/shared/api";
import { Icon, ThemeSwitch } from "@/shared/components";
import { session } from "@/shared/session";
import { itemCount } from "./cart/cart";
import { categories } from "./shop/categories";

const PAUSE = 250;
/** The shop suggests from the third letter on. */
const ENOUGH = 3;

export function Header() {
  return (
    <header class="site-header">
      <a class="skip-link" href="#main">
        Skip to the page
      </a>
      <div class="site-bar">
        <a class="brand" href="/">
          <Logo />
          Tradewind
        </a>
        <SearchBox />
        <nav class="site-own" aria-label="Yours">
          <ThemeSwitch />
          <a class="icon-button" href="/wishlist" aria-label="Wishlist" title="Wishlist">
            <Icon name="heart" />
          </a>
          <a
            class="icon-button"
            href={session.value ? "/account/orders" : "/sign-in"}
            aria-label={session.value ? "Your account" : "Sign in"}
            title={session.value ? "Your account" : "Sign in"}
          >
            <Icon name="person" />
          </a>
          <a class="icon-button cart-link" href="/cart" aria-label={`Cart, ${itemCount.value} in it`} title="Cart">
            <Icon name="cart" />
            {itemCount.value > 0 && <span class="cart-count">{itemCount.value}</span>}
          </a>
        </nav>
      </div>
      <nav class="site-departments" aria-label="Departments">
        {categories.value.map((category) => (
          <a key={category.slug} href={`/categories/${category.slug}`}>
            {category.name}
          </a>
        ))}
        <a href="/search?on_sale=true">On sale</a>
      </nav>
    </header>
  );
}

/** Finds while one types; the browser offers what the shop suggests. */
function SearchBox() {
  const { path, query, route } = useLocation();
  const [typed, setTyped] = useState(query.q ?? "");
  const [suggested, setSuggested] = useState<string[]>([]);
  const waiting = useRef(0);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (document.activeElement !== box.current) setTyped(path === "/search" ? (query.q ?? "") : "");
  }, [path, query.q]);
  const seek = (words: string): void => {
    // The filters as they are by now: some may have been chosen since the typing began.
    const here = location.pathname === "/search";
    const filters = new URLSearchParams(here ? location.search : "");
    filters.set("q", words);
    route(`/search?${filters}`, here);
    if (words.length < ENOUGH) setSuggested([]);
    else
      ask(openApi.GET("/v1/search/suggestions", { params: { query: { prefix: words } } }))
        .then((names) => setSuggested(names.data))
        .catch(() => setSuggested([]));
  };
  return (
    <search class="site-search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          clearTimeout(waiting.current);
          seek(typed);
        }}
      >
        <Icon name="search" />
        <label class="visually-hidden" for="search">
          Search the shop
        </label>
        <input
          id="search"
          ref={box}
          type="search"
          placeholder="Search teas, pots, pantry…"
          autocomplete="off"
          list="search-suggestions"
          maxLength={200}
          value={typed}
          onInput={(event) => {
            const words = event.currentTarget.value;
            setTyped(words);
            clearTimeout(waiting.current);
            waiting.current = window.setTimeout(() => seek(words), PAUSE);
          }}
        />
        <datalist id="search-suggestions">
          {suggested.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </form>
    </search>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <path class="logo-sail" d="M15 3v18H5C9 17 12.500 11 15 3Z" />
      <path class="logo-jib" d="M18 7c4 3.500 7 8.500 8 14h-8Z" />
      <path class="logo-sea" d="M4 25c4 3 8 3 12 0 4 3 8 3 12 0" />
    </svg>
  );
}
