"""The tables of a shop, read as its services keep them: one partition, or one entry of an index, at a time."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from shop.inbox import inbox_key
from shop.keys import GSI1, GSI2, TABLE, Index, Key, marker, shards
from shop.outbox import PENDING, told_about
from shop.table import BATCH_GET, from_value
from tools.places import Place

Item = dict[str, Any]

__all__ = ["GSI1", "GSI2", "Books", "Item"]


class Books:
    """Reads, and only reads. Nothing here scans: it may be asked of a shop with a million orders."""

    def __init__(self, place: Place) -> None:
        self.stage = place.stage
        self.database = place.client("dynamodb")

    def partition(self, service: str, pk: str, index: Index = TABLE, low: str = " ") -> list[Item]:
        """All items of one partition whose sort key is not below `low`, in its order."""
        pages = self.database.get_paginator("query").paginate(
            TableName=self._table(service),
            **({"IndexName": index.name} if index.name else {"ConsistentRead": True}),
            KeyConditionExpression="#pk = :pk AND #sk >= :low",
            ExpressionAttributeNames={"#pk": index.pk, "#sk": index.sk},
            ExpressionAttributeValues={":pk": {"S": pk}, ":low": {"S": low}},
        )
        return [_plain(item) for page in pages for item in page["Items"]]

    def owner(self, service: str, unique: str, value: str) -> str | None:
        """The partition of whatever holds a unique value."""
        held = self.partition(service, marker(unique, value).pk)
        return str(held[0]["owner_pk"]) if held else None

    def told(self, service: str, about: Iterable[str]) -> Iterator[Item]:
        """The rows of a service's outbox about these things: what was published this week, and what waits to be."""
        things = set(about)
        for thing in sorted(things):
            yield from self.partition(service, told_about(thing), GSI1)
        for shard in shards(PENDING):
            yield from (
                row
                for row in self.partition(service, shard, GSI1)
                if json.loads(row["detail"])["aggregate_id"] in things
            )

    def heard(self, service: str, event_ids: Iterable[str]) -> set[str]:
        """Those of these events that a service has answered with a change of its own."""
        keys = [inbox_key(event_id, service) for event_id in event_ids]
        return {item["event_id"] for chunk in _chunks(keys) for item in self._at(service, chunk)}

    def _at(self, service: str, keys: list[Key]) -> Iterator[Item]:
        table = self._table(service)
        wanted: Any = {table: {"Keys": [{"PK": {"S": key.pk}, "SK": {"S": key.sk}} for key in keys]}}
        while wanted:
            answer = self.database.batch_get_item(RequestItems=wanted)
            yield from map(_plain, answer["Responses"][table])
            wanted = answer.get("UnprocessedKeys")

    def _table(self, service: str) -> str:
        return f"{self.stage}-{service}"


def _plain(item: Item) -> Item:
    return {name: from_value(value) for name, value in item.items()}


def _chunks(keys: list[Key]) -> Iterator[list[Key]]:
    for start in range(0, len(keys), BATCH_GET):
        yield keys[start : start + BATCH_GET]
