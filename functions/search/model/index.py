"""The index as a row of snapshots, what was found in it lately, and its rebuilding."""

from typing import Literal

from search.model.asking import Facets
from shop.records import Part, Record

SERVING = "SNAPSHOT"  # the line of snapshots that is searched; a rebuild makes one of its own


class IndexSnapshot(Record):
    """SRCH-02. The index at one moment: `s3_key` lists its files. The newest of a line is what it points to."""

    line: str = SERVING
    s3_key: str
    documents: int
    built_at: str


class Manifest(Part):
    """The files of a snapshot: under which name the engine knows them, and where they are in the bucket."""

    files: dict[str, str]


class SearchCache(Record):
    """SRCH-04. What one search found in one version of the index."""

    query_hash: str
    product_ids: list[str]
    total: int
    facets: Facets
    expires_at: str


class Rebuild(Record):
    """The making of a new index, step by step: how far it has come in the catalog, and with how many products."""

    rebuild_id: str
    status: Literal["running", "done"] = "running"
    step: int = 0
    after: str | None = None
    products: int = 0
    finished_at: str | None = None

    @property
    def line(self) -> str:
        """The snapshots of the index that is being built."""
        return f"{SERVING}#{self.rebuild_id}"
