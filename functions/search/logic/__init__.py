"""What search can be asked to do."""
