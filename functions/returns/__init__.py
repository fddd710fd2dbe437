"""Returns owns what customers send back: requests, their approval, what arrived, and what is owed for it."""
