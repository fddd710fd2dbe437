"""What reviews can be asked to do."""
