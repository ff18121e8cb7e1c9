"""Text stages: articles to sentences, fragments, lemmas and token ids. No torch here."""
