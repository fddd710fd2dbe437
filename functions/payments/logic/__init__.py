"""What payments can be asked to do."""
