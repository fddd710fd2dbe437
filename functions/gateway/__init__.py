"""The gateway is the door of the house: it knows who is calling, and says that the house stands."""
