"""Predicted and gold entities: scores, intervals, significance, calibration, mistakes."""
