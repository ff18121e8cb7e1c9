"""The one exception that is for the user and not for the programmer."""


class UserError(Exception):
    """Bad input. The message is one line: the file, the place, what was found, what was expected, what to do.

    The command line prints it without a traceback and exits with 1.
    """
