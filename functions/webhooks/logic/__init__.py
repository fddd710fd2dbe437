"""What webhooks can be asked to do."""
