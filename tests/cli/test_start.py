"""What a server's start does not wait for."""

import subprocess
import sys

PROGRAM = """
import sys, mmbatch_dash.commands.serve, mmbatch_dash.factory
sys.stdout.write(" ".join(sorted({"scipy", "boto3", "apprise", "requests"} & set(sys.modules))))
"""


def test_a_server_starts_without_the_libraries_that_few_of_its_answers_need() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout == ""
