"""Revisions, as git and DVC keep them, and what their dvc.lock says of them."""
