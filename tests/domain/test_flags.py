"""Flags of jobs: whatever the fold raises is explained, and nothing else is."""

import re

from mmbatch_dash.domain.flags import FLAGS, INSTANCE_SHARED, UNREAD, describe_flag
from mmbatch_dash.store.fold.declared import read_script


def test_every_flag_that_the_fold_raises_explains_itself() -> None:
    raised = read_script("84_jobs").partition("list_filter(")[2].partition("lambda")[0]
    assert {*re.findall(r"THEN '(\w+)' END", raised), INSTANCE_SHARED, UNREAD} == set(FLAGS)
    assert all(describe_flag(flag).endswith(".") for flag in [*(FLAGS.keys() - {UNREAD}), "unread:memory"])


def test_a_flag_about_a_field_names_it() -> None:
    said = "What a source said of it could not be read in full; unknown is therefore container.vcpus."
    assert describe_flag("unread:container.vcpus") == said
