"""Recurrent language-model embeddings, compared on Russian named entity recognition."""
