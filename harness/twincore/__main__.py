"""`python -m twincore` is the command `twincore`."""

import sys

from twincore.cli import main

if __name__ == "__main__":
    sys.exit(main())
