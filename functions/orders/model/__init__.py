"""A checkout, what it comes to, the order it leads to, and the moves each may make."""
