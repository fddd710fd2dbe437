"""What returns can be asked to do."""
