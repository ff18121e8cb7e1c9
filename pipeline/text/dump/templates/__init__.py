"""Templates that show words of the sentence in which they stand."""
