"""Two revisions side by side: is the difference between their taggers real, and where does it lie?"""
