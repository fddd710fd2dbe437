"""Endpoints, what is on its way to them, and what may go there at all."""
