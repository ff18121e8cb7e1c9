"""Batches, plan and steps of a language model, and its softmax."""
