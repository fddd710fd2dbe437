"""A file of products into the catalog: read through and divided once, then imported a batch at a time.

Every task may be done twice and be interrupted anywhere. Reading a file again finds the same batches; a batch that is
done is not done again; and a note written with each product says what an interrupted batch had brought about already.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import blake2b

from catalog.logic import transfers
from catalog.logic.bringing import Convoy, Outcome
from catalog.logic.upserting import Errand
from catalog.model.formats import FORMATS, Header
from catalog.model.rows import Fault, Piece, Unreadable
from catalog.model.transfers import Batch, BatchDone, Failure, ProductImport, Tally
from catalog.model.wanted import Draft, guarded
from catalog.store import files, tasks
from catalog.store import transfers as store
from shop import clock, settings, telemetry
from shop.auth import Caller
from shop.ids import new_id

FILE_MAX = 512 * 1024 * 1024  # bytes
HEADER_MAX = 256 * 1024
ROWS_MAX = 1_000_000  # so many are read through in less than half of the time a function has
BATCH_ROWS, BATCH_BYTES = 200, 1_000_000  # a batch takes a few seconds
COLUMNS = ("row", "column", "code", "detail")


def read_file(import_id: str) -> None:
    """Read an uploaded file through and divide it into batches; then have these imported."""
    going = store.find_import(import_id)
    if going is not None and going.status == "awaiting_upload":
        going = _accept(going)
    if going is None or going.status not in ("reading", "importing"):
        return
    if going.status == "reading":
        try:
            going = _divide(going)
        except (Unreadable, files.Replaced) as unreadable:
            going = _fail(going, unreadable.code, unreadable.detail)
    if going.status == "importing":
        tasks.send(transfers.remaining(going))


def _accept(going: ProductImport) -> ProductImport | None:
    """Take the file that was uploaded; a later upload to the same place is another one."""
    found = files.find(going.key)
    if found is None:
        return None
    size, etag = found
    return store.save_import(going.model_copy(update={"status": "reading", "file_size": size, "etag": etag}))


def _fail(going: ProductImport, code: str, detail: str) -> ProductImport:
    failure = Failure(code=code, detail=detail)
    return store.save_import(
        going.model_copy(update={"status": "failed", "failure": failure, "completed_at": clock.now()})
    )


def _divide(going: ProductImport) -> ProductImport:
    size = going.file_size or 0
    if size > FILE_MAX:
        raise Unreadable("file_too_large", f"The file has {size} bytes of at most {FILE_MAX}: divide it")
    header = FORMATS[going.format].header(files.read(going.key, 0, min(size, HEADER_MAX), going.etag))
    batches, rows, held = 0, 0, list[Batch]()
    for batch, filled in _batches(going, header, size):
        held.append(batch)
        batches, rows = batches + 1, rows + filled
        if rows > ROWS_MAX:
            raise Unreadable("file_too_large", f"The file has more than {ROWS_MAX} rows: divide it")
        if len(held) == 100:
            store.write_batches(held)
            held = []
    store.write_batches(held)
    if not rows:
        raise Unreadable("empty_file", "There is no product in the file")
    found = {"encoding": header.encoding, "columns": header.columns, "rows_total": rows, "batches_total": batches}
    return store.save_import(going.model_copy(update={"status": "importing", **found}))


def _batches(going: ProductImport, header: Header, size: int) -> Iterator[tuple[Batch, int]]:
    """The batches of a file, each with how many rows of it are not blank; products are not divided."""
    chunks = files.chunks(going.key, header.start, size, going.etag)
    seen: dict[bytes, int] = {}
    pending, number, rows = list[Piece](), 0, 0
    for piece in FORMATS[going.format].pieces(chunks, header, header.start, header.number):
        pending.append(piece)
        rows += len(piece.rows)
        if rows >= BATCH_ROWS or piece.rows[-1].end - pending[0].rows[0].start >= BATCH_BYTES:
            yield _batch(going, number, pending, seen)
            pending, number, rows = [], number + 1, 0
    if pending:
        yield _batch(going, number, pending, seen)


def _batch(going: ProductImport, number: int, pieces: list[Piece], seen: dict[bytes, int]) -> tuple[Batch, int]:
    repeated = {}
    for piece in pieces:
        first, name = piece.rows[0].number, blake2b(piece.key.encode(errors="replace"), digest_size=8).digest()
        if piece.key and seen.setdefault(name, first) != first:
            repeated[str(first)] = seen[name]
    start = pieces[0].rows[0]
    made = Batch(
        import_id=going.import_id,
        number=number,
        start=start.start,
        end=pieces[-1].rows[-1].end,
        first_row=start.number,
        repeated=repeated,
    )
    return made, sum(len(piece.filled) for piece in pieces)


def import_batch(import_id: str, number: int) -> None:
    """Import one batch, and end the import with the last of them."""
    going = store.find_import(import_id)
    if going is None or going.status != "importing":
        return
    if not store.is_done(import_id, number):
        try:
            _count(going, number, _bring_batch(going, store.batch(import_id, number)))
        except store.Counted:
            telemetry.logger.info("counted before", extra={"import_id": import_id, "batch": number})
        except files.Replaced as replaced:
            _fail(store.get_import(import_id), replaced.code, replaced.detail)
    finish_import(import_id)


def _count(going: ProductImport, number: int, outcome: Outcome) -> None:
    key = None
    if outcome.faults:
        key = f"faults/{going.import_id}/{number}-{new_id()}"
        files.write(key, json.dumps([asdict(fault) for fault in outcome.faults]).encode())
    counted = BatchDone(import_id=going.import_id, number=number, faults_key=key)
    store.count(counted, Tally(**outcome.rows), Tally(**outcome.products))


def _bring_batch(going: ProductImport, batch: Batch) -> Outcome:
    outcome = Outcome()
    drafts = list(_drafts(going, batch, outcome))
    caller = Caller(user_id=going.created_by, roles=["admin"])
    errand = Errand(going.import_id, batch.number, caller, going.options.opening_stock)
    Convoy(errand, store.notes(going.import_id, batch.number), outcome).bring(drafts)
    return outcome


def _drafts(going: ProductImport, batch: Batch, outcome: Outcome) -> Iterator[Draft]:
    """What the rows of a batch say; of a product that stood further above already nothing is taken."""
    header = Header(going.encoding, going.columns, batch.start, batch.first_row)
    raw = files.read(going.key, batch.start, batch.end, going.etag)
    currency = going.options.currency or settings.DEFAULT_CURRENCY
    kind = FORMATS[going.format]
    for piece in kind.pieces([raw], header, batch.start, batch.first_row):
        if not piece.filled:
            continue
        draft = kind.draft(piece, going.columns, currency)
        before = batch.repeated.get(str(piece.rows[0].number))
        if before is None:
            yield draft
        else:
            detail = f"{piece.key[:100]} is on row {before} already, and its rows must stand together"
            outcome.fail(draft.rows, [Fault(row, "", "repeated_product", detail) for row in draft.rows])


def finish_import(import_id: str) -> None:
    """End an import all batches of which are counted; what was left out is put into one file."""
    going = store.get_import(import_id)
    if going.status != "importing" or going.batches_done < going.batches_total:
        return
    keys = [batch.faults_key for batch in store.done(import_id) if batch.faults_key]
    errors = f"errors/{import_id}.csv" if keys else None
    if errors:
        files.assemble(errors, _error_file(keys))
    ended = {"status": "completed", "completed_at": clock.now(), "errors_key": errors}
    store.save_import(going.model_copy(update=ended))


def _error_file(keys: list[str]) -> Iterator[bytes]:
    yield _table([COLUMNS])
    for content in files.contents(keys):
        faults = sorted(json.loads(content), key=lambda fault: int(fault["row"]))
        yield _table([tuple(guarded(str(fault[name])) for name in COLUMNS) for fault in faults])


def _table(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
