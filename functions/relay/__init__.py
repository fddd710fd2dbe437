"""The relay carries what services wrote into their outboxes to the event bus."""
