"""Encoders, which map the characters or n-grams of a token to its vector."""
