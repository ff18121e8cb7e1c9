"""What turns the letters of a token into its vector, as people call it."""

ENCODERS = {"cnn": "char-CNN", "ngrams": "n-gram encoder"}
"""By the kind that charcnn.json names."""
