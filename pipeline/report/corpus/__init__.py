"""The news corpus, for people: how long, how varied, what was dropped, and any article at every stage."""
