"""The things users keeps, and their rules."""
