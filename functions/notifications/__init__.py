"""Notifications owns what the shop writes to people: the templates, the mails and what became of them."""
