"""Text: articles to paragraphs, sentences and lemmas, with no torch."""
