"""What search keeps and answers, and the rules of it."""
