"""Orders owns checkouts, from the first request to their end, and the orders they lead to."""
