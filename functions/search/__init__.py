"""Search owns the index that finds products by words."""
