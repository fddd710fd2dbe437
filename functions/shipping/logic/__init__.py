"""What shipping can be asked to do."""
