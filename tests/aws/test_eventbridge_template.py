"""The CloudFormation template and the documented policy hold what the code needs."""

import json
import re
import subprocess
import sys
from pathlib import Path

from mmbatch_dash.adapters.eventbridge import DETAIL_TYPES
from tests.aws.small_world import build_aws


def test_the_template_passes_cfn_lint(project: Path) -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [linter, "--non-zero-exit-code", "informational", project / "deploy" / "eventbridge.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_template_subscribes_to_every_detail_type_that_is_understood(project: Path) -> None:
    template = (project / "deploy" / "eventbridge.yaml").read_text()
    assert [name for name in DETAIL_TYPES if name not in template] == []


def test_the_documented_policy_allows_every_action_of_the_synchronisation(project: Path) -> None:
    [text] = re.findall(r"```json\n(.*?)```", (project / "docs" / "aws.md").read_text(), re.DOTALL)
    allowed = {action for statement in json.loads(text)["Statement"] for action in statement["Action"]}
    asked = {*build_aws().answers, "ReceiveMessage", "DeleteMessage"}
    assert {action.partition(":")[2] for action in allowed} == asked
