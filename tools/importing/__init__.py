"""Bringing a catalog in: files uploaded to a running shop, and products made through its API."""
