"""`python -m twincore.cli`: the command line without its script."""

import sys

from twincore.cli import main

sys.exit(main())
