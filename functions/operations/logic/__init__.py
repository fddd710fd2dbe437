"""What operations can be asked: figures, live events and dead letters. It keeps nothing of its own."""
