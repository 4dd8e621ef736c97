"""Entry point: reads settings, opens services, serves. `python app.py --data-dir DIR --host HOST --port PORT`."""

import sys

from mmbatch_dash.cli import main

if __name__ == "__main__":
    main(["serve", *sys.argv[1:]])
