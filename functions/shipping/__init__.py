"""Shipping owns where parcels can go, by which methods, and what that costs."""
