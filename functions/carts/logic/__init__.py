"""What carts can be asked to do."""
