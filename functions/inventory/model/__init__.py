"""Warehouses, what lies in them, every change of it, and what is promised to whom."""
