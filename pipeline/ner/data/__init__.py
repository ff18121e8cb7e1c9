"""NER sets: published layouts, BIO, and the splits as the pipeline stores them."""
