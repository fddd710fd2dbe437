"""Webhooks: what happens in the shop, told to the programs of those who run it."""
