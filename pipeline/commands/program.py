"""A program on the command line: what it says when it fails, and the exit code."""

import os
import sys
from collections.abc import Callable

from pipeline.errors import describe, one_line
from pipeline.machine.memory import collect_rarely
from pipeline.work.interruption import Stopped


def run_program(app: Callable[[], None]) -> None:
    """Run a command; bad input is one line on standard error and exit code 1."""
    # Threads that wait must sleep: on a shared machine OpenMP's spinning slows a training step tenfold and more.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    collect_rarely()
    try:
        app()
        return
    except KeyboardInterrupt:
        message, code = "interrupted", 130
    except Stopped as stopped:
        message, code = str(stopped), stopped.exit_code
    except Exception as error:
        if not (message := describe(error) or ""):
            raise
        code = 1
    print(one_line(f"error: {message}"), file=sys.stderr)
    sys.exit(code)
