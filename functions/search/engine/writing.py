"""Writing the index: a snapshot with some products changed is a new snapshot, which shares what files it can."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from search.engine import folders
from search.engine.schema import register, row, schema
from search.model.document import SearchDocument
from search.model.index import Manifest
from search.store import files
from shop.ids import new_id

if TYPE_CHECKING:
    from tantivy import Index

MEMORY = 32_000_000  # bytes the writer may use before it writes a segment
META = "meta.json"  # what the engine itself knows of a snapshot: its segments


@dataclass(frozen=True)
class Built:
    """A snapshot whose files are in the bucket, though nothing points to it yet."""

    s3_key: str
    documents: int


def build(base: str | None, documents: Mapping[str, SearchDocument | None]) -> Built | None:
    """The snapshot `base` with these products as they are now; None when that is what it says already.

    A product that is not known, or not for the public to find, is not in the index.
    """
    before = files.manifest(base) if base else Manifest(files={})
    folder = folders.laid_out(before)
    try:
        count = _write(folder, documents, new=base is None)
        return None if count is None else _saved(folder, before, count)
    finally:
        folders.drop(folder)


def _write(folder: Path, documents: Mapping[str, SearchDocument | None], new: bool) -> int | None:
    """Write what differs; how many products the index holds then, or None when nothing does."""
    from tantivy import Index

    index = Index(schema(), path=str(folder)) if new else Index.open(str(folder))
    register(index)
    index.config_reader("manual")
    changed = {i: d for i, d in documents.items() if (d.edition if d and d.is_listed else None) != _edition(index, i)}
    if not changed and not new:
        return None
    writer = index.writer(heap_size=MEMORY, num_threads=1)
    for product_id, document in changed.items():
        writer.delete_documents_by_term("product_id", product_id)
        if document and document.is_listed:
            writer.add_document(row(document))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return int(index.searcher().num_docs)


def _edition(index: "Index", product_id: str) -> int | None:
    """What the index has of a product."""
    from tantivy import Query

    searcher = index.searcher()
    found = searcher.search(Query.term_query(schema(), "product_id", product_id), 1, count=False).hits
    return searcher.fast_field_values("edition", [found[0][1]])[0] if found else None  # type: ignore[return-value]


def _saved(folder: Path, before: Manifest, documents: int) -> Built:
    """Put what is new into the bucket, under names of its own: two writers never write the same object."""
    prefix = f"{files.FOLDER}{new_id()}/"
    names = _names(folder)
    fresh = {name: prefix + name for name in names if name not in before.files or name == META}
    files.upload({key: folder / name for name, key in fresh.items()})
    manifest = Manifest(files={name: fresh.get(name) or before.files[name] for name in names})
    s3_key = f"{prefix}manifest.json"
    files.write_manifest(s3_key, manifest)
    folders.keep(folder, manifest)
    return Built(s3_key, documents)


def _names(folder: Path) -> list[str]:
    """The files a snapshot consists of: those of its segments, and of each only the latest list of deletions."""
    segments = json.loads((folder / META).read_text())["segments"]
    found = [META]
    for segment in segments:
        stem, deletes = segment["segment_id"].replace("-", ""), segment["deletes"]
        deleted = f"{deletes['opstamp']}.del" if deletes else None
        parts = (path.name for path in folder.glob(f"{stem}.*"))
        found += [name for name in parts if not name.endswith(".del") or name == f"{stem}.{deleted}"]
    return found
