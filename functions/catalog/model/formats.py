"""The formats a file of products may have."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from catalog.model import sheet, shopify
from catalog.model.rows import PIECE_MAX, Piece, Row, Unreadable, csv_rows, encoding_of, json_rows, pieces
from catalog.model.wanted import Draft, plain


@dataclass(frozen=True)
class Header:
    """What a file's beginning says of the rest: where the first row of data is, and what is in its columns."""

    encoding: str
    columns: list[str]
    start: int
    number: int


@dataclass(frozen=True)
class Format:
    """How files of one kind are read."""

    required: tuple[str, ...]  # of its columns; without any the file has no header
    draft: Callable[[Piece, list[str], str], Draft]
    key: Callable[[list[str], Row], str]
    rows: Callable[[Iterable[bytes], str, int, int], Iterator[Row]] = csv_rows
    most: int = PIECE_MAX

    def header(self, beginning: bytes) -> Header:
        """Read the beginning of a file. Unreadable: it is of another kind."""
        encoding, start = encoding_of(beginning)
        if not self.required:
            return Header(encoding, [], start, 1)
        for row in islice(self.rows([beginning[start:]], encoding, start, 1), 20):
            if row.is_blank:
                continue
            columns = [plain(cell.strip()) for cell in row.cells]
            missing = [name for name in self.required if name not in columns]
            if missing:
                raise Unreadable("missing_columns", f"The file has no column {', '.join(missing)}")
            return Header(encoding, columns, row.end, row.number + 1)
        raise Unreadable("empty_file", "There is nothing in the file")

    def pieces(self, chunks: Iterable[bytes], header: Header, start: int, number: int) -> Iterator[Piece]:
        """The products of a part of a file whose first row is `number`."""
        rows = self.rows(chunks, header.encoding, start, number)
        return pieces(rows, lambda row: self.key(header.columns, row), self.most)


def _by_column(name: str) -> Callable[[list[str], Row], str]:
    def key(columns: list[str], row: Row) -> str:
        at = columns.index(name)
        return plain(row.cells[at].strip()) if at < len(row.cells) else ""

    return key


def _by_product(columns: list[str], row: Row) -> str:
    return plain(sheet.key(dict(zip(columns, row.cells, strict=False))))


def _by_line(columns: list[str], row: Row) -> str:
    try:
        return ":".join(*sheet.name_of(sheet.parsed(row.cells[0])))
    except (ValueError, TypeError, RecursionError):
        return ""


FORMATS = {
    "shopify_csv": Format(shopify.REQUIRED, shopify.draft, _by_column("Handle")),
    "csv": Format(sheet.REQUIRED, sheet.draft, _by_product),
    "json_lines": Format((), sheet.line_draft, _by_line, json_rows, most=1),
}
