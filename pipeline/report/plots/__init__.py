"""The pictures: one a file. Each is a function from a table to a figure, drawn in one style."""
