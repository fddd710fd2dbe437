"""Coupons, promotions and tax rates, and what they make of a cart: pure, so that every case can be tried."""
