"""Where a shop stands: on the local cloud that `make up` opened, or on AWS, as a stage."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

from tools import local


@dataclass(frozen=True)
class Place:
    """A shop somewhere, and the way to its tables, queues and logs."""

    stage: str
    client: Callable[[str], Any]


def place(stage: str | None) -> Place:
    """The shop of a stage on AWS, with your credentials; without one, the shop on the local cloud."""
    if stage is None:
        return Place("local", local.recall().client)
    return Place(stage, lambda service: boto3.client(service))  # type: ignore[call-overload]


def words(description: str | None) -> argparse.ArgumentParser:
    """What every command that works on a shop may be told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--stage", help="a stage on AWS; without it, the local cloud")
    return parser
