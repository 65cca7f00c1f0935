"""``python -m viralnow`` is the command ``viralnow``."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
