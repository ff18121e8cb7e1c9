"""A trained tagger as one folder that works by itself: what lies in it, and the card that describes it."""
