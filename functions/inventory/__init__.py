"""Inventory owns what lies in the warehouses, every change of it, and what is promised to whom."""
