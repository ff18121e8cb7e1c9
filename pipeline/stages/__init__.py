"""One DVC stage a file; each is `run(...)`, which reads and writes only what it is given."""
