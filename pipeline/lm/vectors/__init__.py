"""Published static vectors of words: one vector a word, whatever the sentence."""
