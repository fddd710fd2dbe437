"""Discounts owns coupons and promotions: what is taken off, and how often it was."""
