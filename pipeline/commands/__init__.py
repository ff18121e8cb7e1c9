"""What the program shares with the one in the wheel of the tagger, see package/."""
