"""A setting that nothing reads is worse than none: each key has a reader."""

import ast
from pathlib import Path

import pytest

from mmbatch_dash.domain.config import KEYS, Config
from mmbatch_dash.domain.config.fields import Section

PACKAGE = Path(__file__).resolve().parents[2] / "mmbatch_dash"
EDITORS = ("domain/config", "store/config", "pages/configuration", "commands/config.py")
"""What shows, checks or stores keys of any kind reads none of them."""
RULES = "domain/config/alert_rules.py"
"""Makes of `alerts.rules` what is watched."""
FOR_NODES = ("ckpt.", "node.", "job.")
"""Sections that worker nodes fetch with GET /api/v1/config and act upon."""
FOR_OTHERS = {
    "id": "names the server to whoever asks",
    "security.cognito.identityPoolID": "a key of the MMBatch API, handed to whoever asks for it",
}


def attributes(name: str) -> tuple[str, str]:
    """Section and key as Python names them."""
    model: type[Section] = Config
    section, attribute = "config", ""
    for part in name.split("."):
        section = attribute or section
        attribute, field = next((n, f) for n, f in model.model_fields.items() if (f.alias or n) == part)
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            model = field.annotation
    return section, attribute


def readers() -> set[tuple[str, str]]:
    """Every `section.key` that code outside the editors asks for."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith(EDITORS) and place != RULES:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                owner = node.value.func if isinstance(node.value, ast.Call) else node.value
                name = (
                    owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
                )
                found.add((name.lstrip("_"), node.attr))
    return found


READ = readers()


@pytest.mark.parametrize("name", [name for name in KEYS if not name.startswith(FOR_NODES) and name not in FOR_OTHERS])
def test_the_server_reads_the_key(name: str) -> None:
    section, attribute = attributes(name)
    owners = {section, "config", "current"} if section == "config" else {section, f"{section}_config"}
    # The address is read by its parts, which are properties of the configuration.
    names = {"host", "port", "https"} if name == "addr" else {attribute}
    if "_" in attribute:  # a name of its own, whatever the section is called where it is read
        owners = {owner for owner, _ in READ}
    assert READ & {(owner, wanted) for owner in owners for wanted in names}, f"nothing reads {name}"


@pytest.mark.parametrize("name", [name for name in KEYS if name.startswith(FOR_NODES) or name in FOR_OTHERS])
def test_who_fetches_the_configuration_finds_the_key(name: str) -> None:
    tree: object = Config().as_json()
    for part in name.split("."):
        assert isinstance(tree, dict)
        tree = tree[part]


def test_a_key_that_nobody_reads_would_be_found() -> None:
    assert ("retention", "no_such_key") not in READ
    assert attributes("retention.jobs") == ("retention", "jobs")
    assert attributes("security.cognito.userPoolID") == ("cognito", "user_pool_id")
