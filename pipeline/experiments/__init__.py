"""Revisions, as git and DVC keep them, and what dvc.lock says of their results."""
