"""`python -m pipeline`."""

import sys

try:
    from pipeline.cli import main
except KeyboardInterrupt:  # before there is anything that could say more
    sys.exit(130)

main()
