"""The wheel `recurrent-ner-tagger`: the tagger alone, which needs neither torch nor DVC. `make wheel` builds it."""
