"""Returns, what belongs to them, and the rules they keep."""
