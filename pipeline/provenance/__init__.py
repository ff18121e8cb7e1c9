"""Which code and which bytes decide a result: the key of everything that is kept."""
