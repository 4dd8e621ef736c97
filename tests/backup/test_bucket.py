"""Backups in an S3 bucket, played by moto."""

from pathlib import Path

import boto3
import pytest

from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError
from mmbatch_dash.services.backup import make_backup, restore_backup
from mmbatch_dash.services.backup.target import open_target
from mmbatch_dash.settings import Settings, build_settings
from tests.backup.conftest import content_of, take_jobs


@pytest.fixture
def bucket(aws_stand_in: str) -> str:
    boto3.client("s3").create_bucket(Bucket="backups")
    return "s3://backups/fleet/one"


def test_a_bucket_takes_backups_step_by_step_and_gives_them_back(
    settings: Settings, bucket: str, tmp_path: Path
) -> None:
    place = open_target(bucket)
    first = make_backup(settings, place)
    take_jobs(settings.data_dir, 100, 5)
    second = make_backup(settings, place)
    assert 0 < second.new_objects < first.new_objects
    keys = [each["Key"] for each in boto3.client("s3").list_objects_v2(Bucket="backups")["Contents"]]
    assert all(key.startswith("fleet/one/") for key in keys)
    restore_backup(build_settings(tmp_path / "elsewhere", environ={}), open_target(bucket, must_exist=True))
    assert content_of(tmp_path / "elsewhere") == content_of(settings.data_dir)


def test_a_bucket_that_is_not_there_is_named_with_the_rights_it_takes(settings: Settings, bucket: str) -> None:
    del bucket
    with pytest.raises(MmbatchDashError, match=r"s3://nowhere/ cannot be listed: .*NoSuchBucket.*s3:PutObject"):
        make_backup(settings, open_target("s3://nowhere"))
    with pytest.raises(InvalidInput, match="names no bucket"):
        open_target("s3:///prefix")
