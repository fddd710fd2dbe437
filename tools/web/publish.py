"""Publishes the pages of a stage on AWS: built, put into their bucket, and seen at once; without `Web`, nothing."""

import argparse
import mimetypes
import sys
import time
from pathlib import Path
from typing import Any

import boto3

from tools.emulator import CloudError
from tools.progress import console, phase
from tools.web import pages

FOREVER = "public, max-age=31536000, immutable"  # the name of an asset has a hash of what is in it
BRIEFLY = "public, max-age=3600"
ASK_FIRST = "no-cache"
TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}


def main() -> int:
    """`python -m tools.web.publish --stage dev`, with your credentials."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--stage", required=True)
    told = outputs(f"tradewind-{words.parse_args().stage}")
    if "WebBucket" not in told:
        return 0
    if not pages.node():
        console.print(f"The pages take Node {pages.LEAST} or later: they stay as they were")
        return 1
    try:
        pages.build()
    except CloudError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    with phase("publishing the pages"):
        publish(told["WebBucket"], told["WebDistribution"], pages.DIST)
    console.print(f"The pages are at {told['WebUrl']}")
    return 0


def outputs(stack_name: str) -> dict[str, str]:
    """What a deployed stack says of itself."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def publish(bucket: str, distribution: str, folder: Path) -> None:
    """Upload what is new: pages after what they need. What earlier pages need stays, since some are open still."""
    s3 = boto3.client("s3")
    known = set(_keys(s3, bucket))
    files = sorted((path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."), key=_last_of_all)
    changing = []
    for path in files:
        key, cache = path.relative_to(folder).as_posix(), cache_of(path)
        if cache == FOREVER and key in known:
            continue
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), ContentType=kind, CacheControl=cache)
        changing += [f"/{key}"] if cache != FOREVER else []
    boto3.client("cloudfront").create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": len(changing), "Items": changing},
            "CallerReference": str(time.time_ns()),
        },
    )


def cache_of(path: Path) -> str:
    """For how long a browser need not ask for a file again."""
    if path.suffix == ".html":
        return ASK_FIRST
    return FOREVER if path.parent.name == "assets" else BRIEFLY


def _last_of_all(path: Path) -> tuple[bool, Path]:
    return path.suffix == ".html", path


def _keys(s3: Any, bucket: str) -> list[str]:
    pages_of = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [each["Key"] for page in pages_of for each in page.get("Contents", [])]


if __name__ == "__main__":
    sys.exit(main())
