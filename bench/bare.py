"""The limit of one event a request: a Flask route that parses the body and answers, served like the product."""

import argparse
from typing import Any

import flask
import orjson
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from mmbatch_dash.front.limits import THREADS


def load_application() -> Any:
    """The application."""
    server = flask.Flask("bare", static_folder=None)

    @server.post("/api/v1/events")
    def post_events() -> flask.Response:
        orjson.loads(flask.request.get_data())
        return flask.Response(b'{"accepted":1,"duplicates":0,"rejected":[]}', mimetype="application/json")

    return server


def main() -> None:
    """Serves until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    server = MPServer(
        "bare",
        address="127.0.0.1",
        port=parser.parse_args().port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=8 * THREADS,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=load_application, wrap_loader=False)


if __name__ == "__main__":
    main()
