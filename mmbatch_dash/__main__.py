"""`python -m mmbatch_dash`: the command line."""

from mmbatch_dash.cli import main

main()
