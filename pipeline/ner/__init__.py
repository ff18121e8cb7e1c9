"""Named entity recognition: data sets, the tagger and its scores."""
