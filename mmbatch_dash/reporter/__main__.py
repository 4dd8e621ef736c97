"""`python -m mmbatch_dash.reporter`, and the entry of the single file `mmbatch-report.pyz`."""

import sys

from mmbatch_dash.reporter.cli import main

sys.exit(main(sys.argv[1:]))
