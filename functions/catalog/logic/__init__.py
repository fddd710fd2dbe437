"""What the catalog can be asked to do."""
