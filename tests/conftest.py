"""What holds for all tests: one thread each, a Ctrl-C that can be tested, and a quick start."""

import gc
import os
import signal

# Before torch is loaded: tests share the cores already, and their threads would wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# Before hypothesis is loaded: its only plugin here is that of trio, which takes half a second to load.
os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"
# A shell's job in the background ignores Ctrl-C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# What collection imports stays until the end: to search it for garbage again and again took a third of the time.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
