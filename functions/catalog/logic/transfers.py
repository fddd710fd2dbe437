"""What is asked of imports and exports: begun, looked at, and set going again when the work on them has stopped."""

from typing import Any

from catalog.model.transfers import (
    ExportView,
    ImportView,
    NewExport,
    NewImport,
    ProductExport,
    ProductImport,
)
from catalog.store import files, tasks
from catalog.store import transfers as store
from shop import clock, telemetry
from shop.auth import Caller
from shop.errors import Refusal, invalid
from shop.money import exponent
from shop.pages import Page, Paging
from shop.settings import DAY, HOUR, MINUTE
from shop.table import AlreadyMade

UPLOAD_TTL = HOUR
DOWNLOAD_TTL = 15 * MINUTE
STALE = 10 * MINUTE  # longer than any task takes with its retries
HOPELESS = DAY

Task = dict[str, Any]


def begin_import(body: NewImport, import_id: str, caller: Caller) -> ImportView:
    """A new import that waits for its file. The same request again is answered with what it made."""
    _check_currency(body.options.currency)
    made = ProductImport(
        import_id=import_id,
        format=body.format,
        options=body.options,
        created_by=caller.user_id,
        upload_expires_at=clock.after(UPLOAD_TTL),
    )
    try:
        store.create_import(made)
    except AlreadyMade:
        made = store.get_import(import_id)
    return _import_view(made)


def _check_currency(currency: str | None) -> None:
    try:
        exponent(currency or "USD")
    except ValueError:
        raise invalid("validation_failed", f"{currency} is no currency", "/options/currency") from None


def get_import(import_id: str) -> ImportView:
    """How far an import is."""
    return _import_view(store.get_import(import_id))


def imports(paging: Paging) -> Page[ImportView]:
    """All imports, newest first."""
    found = store.imports(paging)
    data = [_import_view(made) for made in found.data]
    return found.showing(data)


def _import_view(made: ProductImport) -> ImportView:
    left = int(clock.epoch(made.upload_expires_at) - clock.epoch(clock.now()))
    waits = made.status == "awaiting_upload" and left > 0
    name = f"import-{made.import_id}-errors.csv"
    return ImportView(
        **{
            **dict(made),
            "upload_url": files.upload_url(made.key, left) if waits else None,
            "errors_url": files.download_url(made.errors_key, name, DOWNLOAD_TTL) if made.errors_key else None,
        }
    )


def begin_export(body: NewExport, export_id: str, caller: Caller) -> ExportView:
    """A new export, which begins at once."""
    made = ProductExport(export_id=export_id, format=body.format, created_by=caller.user_id)
    try:
        store.create_export(made)
    except AlreadyMade:
        made = store.get_export(export_id)
    tasks.send([export_task(export_id)])
    return _export_view(made)


def get_export(export_id: str) -> ExportView:
    """How far an export is."""
    return _export_view(store.get_export(export_id))


def _export_view(made: ProductExport) -> ExportView:
    is_there = made.status == "completed"
    url = files.download_url(made.key, f"products-{made.created_at[:10]}.csv", DOWNLOAD_TTL) if is_there else None
    return ExportView(**{**dict(made), "download_url": url})


def read_task(import_id: str) -> Task:
    """Read a file through and divide it."""
    return {"task": "read_file", "import_id": import_id}


def batch_task(import_id: str, number: int) -> Task:
    """Import one batch of a file."""
    return {"task": "import_batch", "import_id": import_id, "number": number}


def finish_task(import_id: str) -> Task:
    """End an import all batches of which are done."""
    return {"task": "finish_import", "import_id": import_id}


def export_task(export_id: str) -> Task:
    """Go on with an export."""
    return {"task": "export_pages", "export_id": export_id}


def resume() -> None:
    """Set going what has not moved for a while: a task was lost, or failed too often. After a day it is given up."""
    imports, exports = store.unfinished(clock.after(-STALE))
    for stopped in imports:
        _resume_import(stopped)
    for halted in exports:
        if halted.created_at < clock.after(-HOPELESS):
            _end(halted)
        else:
            tasks.send([export_task(halted.export_id)])


def _resume_import(stopped: ProductImport) -> None:
    if stopped.created_at < clock.after(-HOPELESS):
        _end(stopped)
    elif stopped.status == "awaiting_upload":
        if files.find(stopped.key) is not None:
            tasks.send([read_task(stopped.import_id)])
        elif stopped.upload_expires_at < clock.now():
            _settle(stopped, {"status": "expired", "completed_at": clock.now()})
    else:
        tasks.send(remaining(stopped))


def remaining(going: ProductImport) -> list[Task]:
    """What is still to be done of an import."""
    if going.status == "reading":
        return [read_task(going.import_id)]
    done = {batch.number for batch in store.done(going.import_id)}
    waiting = [number for number in range(going.batches_total) if number not in done]
    return [batch_task(going.import_id, number) for number in waiting] or [finish_task(going.import_id)]


def _end(hopeless: ProductImport | ProductExport) -> None:
    telemetry.logger.error("given up", extra={"transfer": dict(hopeless)})
    changes: dict[str, object] = {"status": "failed", "completed_at": clock.now()}
    if isinstance(hopeless, ProductImport) and hopeless.status == "awaiting_upload":
        changes["status"] = "expired"
    _settle(hopeless, changes)


def _settle(transfer: ProductImport | ProductExport, changes: dict[str, object]) -> None:
    """End a transfer; one that has moved meanwhile is left to go on."""
    changed = transfer.model_copy(update=changes)
    try:
        if isinstance(changed, ProductImport):
            store.save_import(changed)
        else:
            store.save_export(changed)
    except Refusal as refusal:
        if not isinstance(refusal, store.Counted):
            raise
