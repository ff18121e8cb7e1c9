"""What holds for all tests: one thread each, and a Ctrl-C that can be tested."""

import os
import signal

# Before torch is loaded: tests share the cores already, and threads of theirs would wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# A shell's job in the background ignores Ctrl-C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
