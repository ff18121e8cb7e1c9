"""Frozen features and the BiLSTM-CRF on them."""
