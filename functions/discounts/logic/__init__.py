"""What discounts can be asked to do: keep coupons, promotions and tax rates, price a cart, and hold what it takes."""
