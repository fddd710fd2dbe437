"""Files of products on their way in and out: what is asked for, how far it is, and what came of it."""

from typing import Annotated, Literal

from pydantic import Field

from shop.ids import new_id
from shop.money import Currency
from shop.records import Body, Part, Record, folded

ImportFormat = Literal["shopify_csv", "csv", "json_lines"]
ImportStatus = Literal["awaiting_upload", "reading", "importing", "completed", "failed", "expired"]
ExportStatus = Literal["pending", "running", "completed", "failed"]


class ImportOptions(Body):
    """How a file is read: the currency of prices that do not name theirs, and whether quantities open new stock."""

    currency: Currency | None = None
    opening_stock: bool = True


class NewImport(Body):
    """A file of products that is about to be uploaded."""

    format: Annotated[ImportFormat, folded]
    options: ImportOptions = Field(default_factory=ImportOptions)


class NewExport(Body):
    """All products as a file."""

    format: Annotated[Literal["shopify_csv"], folded] = "shopify_csv"


class Tally(Part):
    """How many rows (or products) met with what. Blank rows are not counted."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0


class Failure(Part):
    """Why nothing could be done with a file."""

    code: str
    detail: str


class ImportView(Record):
    """An import as it is shown. `rows_total` is known once the file was read through; `rows_read` counts up to it.

    The upload is a PUT of the file to `upload_url`; what was left out and why is at `errors_url` in the end.
    """

    import_id: str = Field(default_factory=new_id)
    format: ImportFormat
    options: ImportOptions
    status: ImportStatus = "awaiting_upload"
    failure: Failure | None = None
    file_size: int | None = None
    rows_total: int | None = None
    rows_read: int = 0
    rows: Tally = Field(default_factory=Tally)
    products: Tally = Field(default_factory=Tally)
    created_by: str
    completed_at: str | None = None
    upload_url: str | None = None
    upload_expires_at: str
    errors_url: str | None = None


class ProductImport(ImportView):
    """An import as it is kept: with what the reading needs. `batches_done` of `batches_total` were imported."""

    etag: str = ""
    encoding: str = ""
    columns: list[str] = []
    batches_total: int = 0
    batches_done: int = 0
    errors_key: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.status in ("awaiting_upload", "reading", "importing")

    @property
    def key(self) -> str:
        """Where its file is."""
        return f"imports/{self.import_id}"


class Batch(Record):
    """Some rows of a file, from byte `start` to byte `end`; `repeated` names rows of products that came before."""

    import_id: str
    number: int
    start: int
    end: int
    first_row: int
    repeated: dict[str, int] = {}


class BatchDone(Record):
    """What came of a batch, and where its faults are."""

    import_id: str
    number: int
    faults_key: str | None = None


class Note(Record):
    """That an import has made or changed a product: written with the change, so that it is counted as such once."""

    import_id: str
    batch: int
    row: int
    is_new: bool
    rows: list[int] = []


class ExportView(Record):
    """An export as it is shown; `download_url` is there once it is complete."""

    export_id: str = Field(default_factory=new_id)
    format: str = "shopify_csv"
    status: ExportStatus = "pending"
    products: int = 0
    rows: int = 0
    created_by: str
    completed_at: str | None = None
    download_url: str | None = None


class ProductExport(ExportView):
    """An export as it is kept: `pages` are written, and the next begins after `after` in the list number `shelf`."""

    pages: int = 0
    shelf: int = 0
    after: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.status in ("pending", "running")

    @property
    def key(self) -> str:
        """Where its file will be."""
        return f"exports/{self.export_id}.csv"


class Leaf(Record):
    """One page of an export, and where it is."""

    export_id: str
    number: int
    key: str
