"""Carts owns what people mean to buy: guests' and users' carts, their totals, and the lock a checkout holds on one."""
