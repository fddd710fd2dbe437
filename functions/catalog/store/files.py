"""The bucket through which files of products come and go."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from shop.aws import client
from shop.errors import Refusal

CHUNK = 8 * 1024 * 1024  # bytes read at a time, and the size of an upload's parts: S3 takes no smaller ones than 5 MB


class Replaced(Refusal):
    """The file is not the one that was there at first."""

    def __init__(self) -> None:
        super().__init__(409, "file_replaced", "Another file was uploaded while the first was read")


def upload_url(key: str, seconds: int) -> str:
    """Where a file may be PUT for a while."""
    return str(_s3().generate_presigned_url("put_object", {"Bucket": _bucket(), "Key": key}, seconds, "PUT"))


def download_url(key: str, filename: str, seconds: int) -> str:
    """Where a file may be fetched for a while."""
    disposition = f'attachment; filename="{filename}"'
    asked = {"Bucket": _bucket(), "Key": key, "ResponseContentDisposition": disposition}
    return str(_s3().generate_presigned_url("get_object", asked, seconds, "GET"))


def find(key: str) -> tuple[int, str] | None:
    """Size and etag of a file, if it is there."""
    try:
        head = _s3().head_object(Bucket=_bucket(), Key=key)
    except _s3().exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return int(head["ContentLength"]), str(head["ETag"])


def read(key: str, start: int, end: int, etag: str) -> bytes:
    """The bytes of a file from `start` up to `end`, if it still is the one with this etag."""
    if start >= end:
        return b""
    try:
        found = _s3().get_object(Bucket=_bucket(), Key=key, Range=f"bytes={start}-{end - 1}", IfMatch=etag)
    except _s3().exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 412, 416):
            raise Replaced from error
        raise
    return bytes(found["Body"].read())


def chunks(key: str, start: int, end: int, etag: str) -> Iterator[bytes]:
    """The same, a little at a time."""
    for at in range(start, end, CHUNK):
        yield read(key, at, min(at + CHUNK, end), etag)


def write(key: str, content: bytes) -> None:
    """Write a small file."""
    _s3().put_object(Bucket=_bucket(), Key=key, Body=content, ContentType="application/octet-stream")


def contents(keys: Iterable[str]) -> Iterator[bytes]:
    """Small files, one after another."""
    for key in keys:
        yield bytes(_s3().get_object(Bucket=_bucket(), Key=key)["Body"].read())


def assemble(key: str, parts: Iterable[bytes]) -> None:
    """Write a large file from its parts without ever holding all of it."""
    named = {"Bucket": _bucket(), "Key": key}
    upload = _s3().create_multipart_upload(**named, ContentType="text/csv; charset=utf-8")["UploadId"]
    try:
        made: list[dict[str, Any]] = []
        for number, part in enumerate(_large(parts), start=1):
            done = _s3().upload_part(**named, UploadId=upload, PartNumber=number, Body=part)
            made.append({"PartNumber": number, "ETag": done["ETag"]})
        _s3().complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": made})
    except BaseException:
        _s3().abort_multipart_upload(**named, UploadId=upload)
        raise


def _large(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that S3 takes: all but the last are large."""
    held = bytearray()
    for part in parts:
        held += part
        if len(held) >= CHUNK:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def _bucket() -> str:
    return os.environ["TRANSFERS_BUCKET"]


def _s3() -> Any:
    return client("s3")
