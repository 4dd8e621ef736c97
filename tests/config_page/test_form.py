"""Values of the configuration and what controls hold for them."""

from collections import Counter
from typing import Any

import pytest

from mmbatch_dash.domain.config import KEYS, Config, ConfigRefused, parse_config
from mmbatch_dash.pages.configuration.difference import build_difference
from mmbatch_dash.pages.configuration.form import HIDDEN, changed, changes_of, check, form_of, mask
from mmbatch_dash.pages.configuration.sections import SECTIONS

TREE: dict[str, Any] = {
    "ckpt": {"ckptFiles": ["/a b", "/c,d"], "ckptInterval": "1h30m"},
    "job": {"customTags": {"owner": "x:y", "empty": ""}},
    "security": {"cognito": {"clientSecretFile": "/run/secret-of-alice"}},
    "pricing": {"assumedSpotDiscount": 0.65},
    "retention": {"jobs": "8760h"},
}
CONFIG = parse_config(TREE)


def test_every_key_stands_in_exactly_one_section() -> None:
    placed = Counter(name for section in SECTIONS for name in section.titles)
    assert placed == Counter(list(KEYS))


def test_a_form_that_nobody_touched_changes_nothing() -> None:
    assert changed(form_of(CONFIG), form_of(CONFIG)) == {}


def test_what_controls_hold_means_the_same_values_again() -> None:
    form = {name: held for name, held in form_of(CONFIG).items() if not KEYS[name].marks.secret}
    tree: dict[str, Any] = {}
    for name, value in changes_of(form).items():
        *sections, last = name.split(".")
        place = tree
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    tree["security"]["cognito"]["clientSecretFile"] = "/run/secret-of-alice"
    assert parse_config(tree) == CONFIG


@pytest.mark.parametrize(
    ("name", "held", "differs"),
    [
        ("ckpt.ckptInterval", "1h30m0s", False),
        ("ckpt.ckptInterval", "90m", False),
        ("ckpt.ckptInterval", "91m", True),
        ("ckpt.ckptFiles", "/a b\n\n /c,d ", False),
        ("job.diskSizeGB", " 100 ", False),
        ("job.customTags", [["owner", "x:y"]], True),
        ("pricing.assumedSpotDiscount", "none", True),
    ],
)
def test_another_spelling_of_the_same_value_is_no_change(name: str, held: Any, differs: bool) -> None:
    base = form_of(CONFIG)
    assert changed({**base, name: held}, base) == ({name: held} if differs else {})


def test_all_wrong_values_are_named_and_doubts_about_the_others_too() -> None:
    wrong, doubtful = check(
        Config(),
        {
            "ckpt.ckptInterval": "90s",
            "job.diskSizeGB": "0",
            "job.diskType": "io1",
            "node.ttl": "x",
            "log.level": "loud",
        },
    )
    assert {name: problem.message for name, problem in wrong.items()} == {
        "node.ttl": "must be a duration such as 15m, 90s or 1h30m, not 'x'",
        "log.level": "must be one of debug, info, warning, error, not 'loud'",
        "job.diskSizeGB": "must be 4 to 16384 GiB for io1, not 0",
    }
    assert list(doubtful) == ["ckpt.ckptInterval"]


def test_a_map_that_names_something_twice_is_refused() -> None:
    with pytest.raises(ConfigRefused, match="job.customTags: must not name 'owner' twice"):
        changes_of({"job.customTags": [["owner", "a"], ["owner ", "b"]]})


def test_the_value_of_a_secret_key_never_reaches_the_form_or_a_difference() -> None:
    name = "security.cognito.clientSecretFile"
    assert form_of(CONFIG)[name] == HIDDEN
    before = "security:\n  cognito:\n    clientSecretFile: /run/secret-of-alice  # kept\n    region: eu-west-1\n"
    after = before.replace("eu-west-1", "us-east-1").replace("of-alice", "of-bob")
    flow = 'security: {cognito: {clientSecretFile: "/run/secret-of-alice", region: x}}\n'
    for text in (before, after, flow):
        assert "/run/" not in mask(text)
    assert "/run/" not in str(build_difference(before, after))
    assert mask('    clientSecretFile: ""\n') == '    clientSecretFile: ""\n'
