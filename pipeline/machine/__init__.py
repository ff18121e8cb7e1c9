"""The machine that computes: its device, its instructions, its memory, and a description of it for results."""
