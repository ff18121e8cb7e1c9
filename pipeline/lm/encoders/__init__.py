"""Characters or n-grams of a token to its vector."""
