"""The demonstration: customers buy through the public API, and a report says what became of it."""
