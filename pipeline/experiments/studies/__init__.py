"""Studies: a question, the rows that answer it, and the page that says what came out."""
