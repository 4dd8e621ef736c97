"""An S3 bucket, or a part of one under a prefix, as a place for backups."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError

SCHEME = "s3://"
IN_MEMORY_BYTES = 16 * 1024 * 1024


class Bucket:
    """Objects under a prefix of a bucket; credentials and region are those of the environment."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    @classmethod
    def of(cls, place: str) -> "Bucket":
        """The bucket that `s3://bucket/prefix` names.

        Raises:
            InvalidInput: no bucket is named.
        """
        import boto3

        bucket, _, prefix = place.removeprefix(SCHEME).partition("/")
        if not bucket:
            raise InvalidInput(f"{place!r} names no bucket; write s3://bucket/prefix")
        return cls(boto3.client("s3"), bucket, prefix)

    def sizes(self) -> dict[str, int]:
        """Every object and its size in bytes."""
        found: dict[str, int] = {}
        with self._named("listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            for page in pages:
                for each in page.get("Contents", []):
                    found[each["Key"].removeprefix(self._prefix)] = each["Size"]
        return found

    def put(self, name: str, source: BinaryIO) -> None:
        """Keeps what `source` gives under a name."""
        with self._named("written to"):
            self._client.upload_fileobj(cast("Any", source), self._bucket, self._prefix + name)

    def open(self, name: str) -> BinaryIO:
        """An object to read, fetched whole."""
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
        with self._named("read"):
            self._client.download_fileobj(self._bucket, self._prefix + name, cast("Any", file))
        file.seek(0)
        return cast("BinaryIO", file)

    def remove(self, name: str) -> None:
        """Takes an object away."""
        with self._named("changed"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise MmbatchDashError(
                f"The bucket {SCHEME}{self._bucket}/{self._prefix} cannot be {what}: {error} "
                "The credentials need s3:ListBucket on it and s3:GetObject, s3:PutObject, s3:DeleteObject in it."
            ) from None
