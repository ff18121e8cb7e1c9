"""The pictures. Each is a function from a table to a figure, and all are drawn in one style."""
