"""A file as rows, read piece by piece: whatever its encoding, with the place of each row and what is broken about it.

Rows are numbered as a spreadsheet shows them: the header is row 1, and a cell with line breaks is still one row. Bytes
that are not UTF-8 are read as Windows-1252, cell by cell; a byte order mark says that a file is UTF-16. After a quote
that is never closed the reading goes on with the next line, so that one broken row does not take the rest along.
"""

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

ROW_MAX = 16_000_000  # characters: a longer row is not kept in memory
PIECE_MAX = 500  # rows of one product
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

csv.field_size_limit(ROW_MAX)  # so that a cell that is too long is told of by its name


@dataclass(frozen=True)
class Fault:
    """Why a row was left out: a line of the file of errors."""

    row: int
    column: str
    code: str
    detail: str


class Unreadable(Exception):
    """A file of which nothing can be used."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(detail)


@dataclass(frozen=True)
class Row:
    """One row, where it is (bytes), and what is broken about it (code and detail), if anything."""

    number: int
    start: int
    end: int
    cells: list[str]
    broken: tuple[str, str] | None = None

    @cached_property
    def is_blank(self) -> bool:
        """Whether there is nothing in it."""
        return self.broken is None and not any(cell.strip() for cell in self.cells)


@dataclass
class Piece:
    """Consecutive rows of one product; rows that say of none are pieces without a key."""

    key: str
    rows: list[Row] = field(default_factory=list)

    @property
    def filled(self) -> list[Row]:
        """The rows with something in them."""
        return [row for row in self.rows if not row.is_blank]


def encoding_of(beginning: bytes) -> tuple[str, int]:
    """How a file is written, and how many bytes of it only say so."""
    for mark, encoding in MARKS.items():
        if beginning.startswith(mark):
            return encoding, len(mark)
    return "utf-8", 0


@dataclass(frozen=True)
class _Line:
    text: str | None  # None when it is too long
    size: int
    is_exact: bool  # whether all of it was in the file's encoding


def _lines(chunks: Iterable[bytes], encoding: str) -> Iterator[_Line]:
    newline = "\n".encode(encoding)
    held, passed = bytearray(), 0
    for chunk in chunks:
        held += chunk
        start = 0
        while (stop := _after(newline, held, start)) >= 0:
            yield _line(bytes(held[start:stop]), passed, encoding)
            start, passed = stop, 0
        del held[:start]
        if len(held) > ROW_MAX:
            whole = len(held) // len(newline) * len(newline)
            passed += whole
            del held[:whole]
    if held or passed:
        yield _line(bytes(held), passed, encoding)


def _after(newline: bytes, held: bytearray, start: int) -> int:
    """Where the line that begins at `start` ends, or -1."""
    at = held.find(newline, start)
    while at >= 0 and (at - start) % len(newline):
        at = held.find(newline, at + 1)
    return at + len(newline) if at >= 0 else -1


def _line(raw: bytes, passed: int, encoding: str) -> _Line:
    if passed:
        return _Line(None, passed + len(raw), True)
    try:
        return _Line(raw.decode(encoding), len(raw), True)
    except UnicodeDecodeError:
        return _Line(raw.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace"), len(raw), False)


class _TooLarge(Exception):
    """A row beyond what is kept in memory."""


class _Feed:
    """Hands lines to the CSV reader and remembers which ones the present row is made of."""

    def __init__(self, lines: Iterator[_Line]) -> None:
        self.lines, self.waiting = lines, deque[_Line]()
        self.taken: list[_Line] = []
        self.length = 0

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else next(self.lines)
        self.taken.append(line)
        self.length += line.size
        if line.text is None or self.length > ROW_MAX:
            raise _TooLarge
        return line.text

    def begin(self) -> None:
        self.taken, self.length = [], 0

    def give_back(self) -> None:
        """All lines but the first are read again."""
        self.waiting.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def csv_rows(chunks: Iterable[bytes], encoding: str, start: int, number: int) -> Iterator[Row]:
    """The rows of a CSV file from one of them on: `number`, whose first byte is at `start`."""
    feed = _Feed(_lines(chunks, encoding))
    reader = csv.reader(feed, strict=True)
    while True:
        feed.begin()
        cells: list[str] = []
        broken = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            feed.give_back()
            broken = ("bad_quotes", f"The row's quotes do not match: {error}")
        except _TooLarge:
            feed.give_back()
            broken = ("row_too_large", "The row is too large, or a quote in it is never closed")
        if not all(line.is_exact for line in feed.taken) and broken is None:
            cells, broken = _recovered(cells, encoding)
        end = start + sum(line.size for line in feed.taken)
        yield Row(number, start, end, cells, broken)
        start, number = end, number + 1


def json_rows(chunks: Iterable[bytes], encoding: str, start: int, number: int) -> Iterator[Row]:
    """The lines of a file, each a row of one cell."""
    for line in _lines(chunks, encoding):
        cells, broken = [line.text or ""], None
        if line.text is None:
            broken = ("row_too_large", "The line is too large")
        elif not line.is_exact:
            broken = ("not_text", "The line is not UTF-8 text")
        yield Row(number, start, start + line.size, cells, broken)
        start, number = start + line.size, number + 1


def _recovered(cells: list[str], encoding: str) -> tuple[list[str], tuple[str, str] | None]:
    """Cells whose bytes were not UTF-8, read as what Windows programs write."""
    if encoding != "utf-8":
        return [], ("not_text", "A cell is not UTF-16 text")
    try:
        return [cell if cell.isprintable() else _windows(cell) for cell in cells], None
    except UnicodeError:
        return [], ("not_text", "A cell is neither UTF-8 nor Windows-1252 text")


def _windows(cell: str) -> str:
    raw = cell.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def pieces(rows: Iterable[Row], key: Callable[[Row], str], most: int = PIECE_MAX) -> Iterator[Piece]:
    """Rows put together by product; a broken or blank row does not divide what it stands within."""
    piece: Piece | None = None
    for row in rows:
        name = "" if row.broken or row.is_blank else key(row)
        joins = piece is not None and len(piece.rows) < most and (row.broken or row.is_blank or name == piece.key != "")
        if piece is not None and not joins:
            yield piece
        if piece is None or not joins:
            piece = Piece(name)
        piece.rows.append(row)
    if piece is not None:
        yield piece
