"""The things auth keeps, and their rules."""
