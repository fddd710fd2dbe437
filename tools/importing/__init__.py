"""Bringing a catalog in: what a file says, and how it becomes products and stock of a running shop."""
