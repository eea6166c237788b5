"""`python -m codegraph.cli` is `codegraph`."""

import sys

from codegraph.cli import main

sys.exit(main())
