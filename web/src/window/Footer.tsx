/** The bottom of every page. */

export function Footer() {
  return (
    <footer class="site-footer">
      <p class="brand">Tradewind</p>
      <p class="small soft">A demo shop: nothing here is really sold, no card is really charged.</p>
      <nav class="row small" aria-label="More">
        <a href="/account/orders">Orders</a>
        <a href="/account/returns">Returns</a>
        <a href="/control/">Control room</a>
      </nav>
    </footer>
  );
}
