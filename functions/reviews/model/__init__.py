"""What reviews keeps, and the rules it keeps them by."""
