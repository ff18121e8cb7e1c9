"""The inputs of a scale: named in a manifest, obtained, and checked before anything is replaced."""
