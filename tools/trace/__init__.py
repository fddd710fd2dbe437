"""One order's whole story, read from the tables of every service that had a part in it."""
