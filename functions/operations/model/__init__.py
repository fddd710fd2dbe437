"""What operators are shown, and what they may ask."""
