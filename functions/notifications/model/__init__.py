"""The things of notifications and the rules they keep."""
