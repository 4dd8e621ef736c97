"""Flags of jobs: whatever the fold raises is explained, and nothing else is."""

import re

from mmbatch_dash.domain.flags import FLAGS, INSTANCE_SHARED
from mmbatch_dash.store.fold.declared import read_script


def test_every_flag_that_the_fold_raises_explains_itself() -> None:
    raised = read_script("84_jobs").partition("list_filter(")[2].partition("lambda")[0]
    assert {*re.findall(r"THEN '(\w+)' END", raised), INSTANCE_SHARED} == set(FLAGS)
    assert all(sentence.endswith(".") for sentence in FLAGS.values())
