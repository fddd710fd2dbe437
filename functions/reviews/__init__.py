"""Reviews owns what customers say of products: ratings, questions and answers."""
