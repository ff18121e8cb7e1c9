"""The one exception that is for the user and not for the programmer."""


class UserError(Exception):
    """Bad input. The message is one line: the file, the place, what was found, what was expected, what to do.

    The command line prints it without a traceback and exits with 1.
    """


def reason(error: OSError) -> str:
    """What the system says is wrong; some libraries raise an `OSError` with a text of their own and no number."""
    return error.strerror.lower() if error.strerror else str(error)


def remake(stage: str) -> str:
    """What to do about a damaged file of that stage; the folder of an exported tagger may be without a pipeline."""
    return f"make it again: dvc repro {stage}, or copy it again"
