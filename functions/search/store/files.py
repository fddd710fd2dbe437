"""The files of the index in its bucket: written once under a name of their own, never changed."""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from search.model.index import Manifest
from shop import aws, clock

FOLDER = "index/"
AT_ONCE = 8  # files on their way
_DELETE = 1000  # keys a call takes


def upload(files: Mapping[str, Path]) -> None:
    """Put files into the bucket under these keys."""
    _each(lambda entry: _s3().put_object(Bucket=_bucket(), Key=entry[0], Body=entry[1].read_bytes()), files.items())


def download(files: Mapping[str, Path]) -> None:
    """Fetch what is in the bucket under these keys."""
    _each(lambda entry: entry[1].write_bytes(_get(entry[0])), files.items())


def write_manifest(key: str, manifest: Manifest) -> None:
    """Put the list of a snapshot's files into the bucket."""
    _s3().put_object(Bucket=_bucket(), Key=key, Body=manifest.model_dump_json().encode())


def manifest(key: str) -> Manifest:
    """The list of a snapshot's files."""
    return Manifest.model_validate_json(_get(key))


def older_than(moment: str) -> Iterator[str]:
    """The keys of everything that was written before this moment."""
    for page in _s3().get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=FOLDER):
        for entry in page.get("Contents", []):
            if clock.stamp(entry["LastModified"].timestamp()) < moment:
                yield entry["Key"]


def delete(keys: list[str]) -> None:
    """Remove what is under these keys."""
    for start in range(0, len(keys), _DELETE):
        chunk = [{"Key": key} for key in keys[start : start + _DELETE]]
        _s3().delete_objects(Bucket=_bucket(), Delete={"Objects": chunk, "Quiet": True})


def _get(key: str) -> bytes:
    return bytes(_s3().get_object(Bucket=_bucket(), Key=key)["Body"].read())


def _each(do: Any, entries: Iterable[tuple[str, Path]]) -> None:
    for _ in _pool().map(do, entries):
        pass


def _s3() -> Any:
    return aws.client("s3")


def _bucket() -> str:
    return os.environ["INDEX_BUCKET"]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE)
