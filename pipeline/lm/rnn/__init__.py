"""Recurrent architectures, one a file, all of the same class shape."""
