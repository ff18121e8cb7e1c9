"""The machine that does the arithmetic: device, instructions, memory, and what a number was measured on."""
