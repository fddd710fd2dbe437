"""The way out: to which addresses, under which signature, and how long we wait."""
