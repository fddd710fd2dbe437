"""Pages are published so that one that is open goes on working, and a new one is seen at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from tools.web.publish import publish

BUCKET = "prod-pages"
calls: list[tuple[str, Any]] = []


@pytest.fixture
def s3() -> Iterator[Any]:
    real: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(self: Any, operation: str, arguments: Any) -> Any:
        calls.append((operation, arguments))
        return {} if operation == "CreateInvalidation" else real(self, operation, arguments)

    calls.clear()
    with mock_aws(), patch.object(BaseClient, "_make_api_call", noted):
        client = boto3.client("s3", "us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for name in ("index.html", "control/index.html", "assets/main-1.js", "assets/main-1.css", "favicon.svg", ".stamp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def put() -> list[str]:
    return [arguments["Key"] for operation, arguments in calls if operation == "PutObject"]


def test_every_file_says_what_it_is_and_for_how_long(s3: Any, built: Path) -> None:
    publish(BUCKET, "E1", built)
    forever = "public, max-age=31536000, immutable"
    for name, kind, cache in (
        ("index.html", "text/html", "no-cache"),
        ("control/index.html", "text/html", "no-cache"),
        ("assets/main-1.js", "text/javascript", forever),
        ("assets/main-1.css", "text/css", forever),
        ("favicon.svg", "image/svg+xml", "public, max-age=3600"),
    ):
        there = s3.get_object(Bucket=BUCKET, Key=name)
        assert (there["ContentType"], there["CacheControl"]) == (kind, cache), name


def test_a_page_comes_after_what_it_needs_and_is_seen_at_once(s3: Any, built: Path) -> None:
    publish(BUCKET, "E1", built)
    assert put()[-2:] == ["control/index.html", "index.html"]
    ((_, invalidation),) = [call for call in calls if call[0] == "CreateInvalidation"]
    assert set(invalidation["InvalidationBatch"]["Paths"]["Items"]) == {
        "/favicon.svg",
        "/control/index.html",
        "/index.html",
    }


def test_what_open_pages_need_stays_and_what_is_there_is_not_sent_again(s3: Any, built: Path) -> None:
    publish(BUCKET, "E1", built)
    (built / "assets/main-1.js").rename(built / "assets/main-2.js")
    calls.clear()
    publish(BUCKET, "E1", built)
    assert put() == ["assets/main-2.js", "favicon.svg", "control/index.html", "index.html"]
    assert {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]} >= {
        "assets/main-1.js",
        "assets/main-2.js",
    }
