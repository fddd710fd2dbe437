"""The cloud's clients: made once per process, only when needed, with every call counted."""

import os
from collections import Counter
from functools import cache
from typing import Any

# A service holds at most this many connections open at once.
POOL_MAX = 20
# How our calls call themselves. Left to it, botocore makes up a long name anew for each: a fifth of what a call costs.
USER_AGENT = "tradewind"

# Presigned URLs as every region and emulator takes them: signed the present way, the bucket in the path, no checksums.
_S3: dict[str, Any] = {
    "signature_version": "s3v4",
    "s3": {"addressing_style": "path"},
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}

calls: Counter[str] = Counter()  # made since the invocation began, when COUNT_CALLS is on


def apart_from_other_copies() -> None:
    """Functions that wake from one snapshot (SnapStart) would all draw the same lots: each begins anew."""
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        import random

        from snapshot_restore_py import register_after_restore  # type: ignore[import-not-found]  # part of the runtime

        register_after_restore(random.seed)


apart_from_other_copies()


@cache
def client(name: str) -> Any:
    """The client of an AWS service. It is botocore's: boto3 adds only to the time a function takes to start."""
    from botocore.config import Config
    from botocore.session import get_session

    made = get_session().create_client(
        name,
        config=Config(
            user_agent=USER_AGENT,
            max_pool_connections=POOL_MAX,
            connect_timeout=2,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 4},
            **(_S3 if name == "s3" else {}),
        ),
    )
    count_calls(made)
    return made


def count_calls(client: Any) -> None:
    """Count each call a botocore client makes, when COUNT_CALLS is on (it is for demos and benchmarks)."""
    if os.environ.get("COUNT_CALLS") == "true":
        client.meta.events.register("before-call", _count)


def _count(model: Any, **_: Any) -> None:
    calls[f"{model.service_model.service_name}.{model.name}"] += 1
