"""Text: articles become paragraphs, sentences and lemmas; nothing here needs torch."""
