"""What the index holds of a product, and how text becomes words.

`name` to `description` are searched by stem; `words` holds the same words as they are written, for spelling and
beginnings; what ends in `_key` is matched as a whole; `_facet` is counted.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from search.model.document import Heading, SearchDocument
from shop import clock

if TYPE_CHECKING:
    from tantivy import Document, Index, Schema, TextAnalyzer

TEXT = {"name": 3.0, "tags": 2.0, "brand": 2.0, "category": 1.5, "description": 1.0}  # and how much each counts
KEYS = ("category_key", "subcategory_key", "brand_key", "tag_key")
FACETS = ("category_facet", "brand_facet", "tag_facet")
FLAGS = ("featured", "on_sale", "in_stock")
NUMBERS = ("edition", "price", "rating", "rank", "published")
LONGEST = 100  # bytes; a longer word is none
SEPARATOR = "\x1f"


@cache
def schema() -> "Schema":
    """The fields of the index."""
    from tantivy import SchemaBuilder

    made = SchemaBuilder()
    made.add_text_field("product_id", stored=True, tokenizer_name="raw", index_option="basic")
    made.add_text_field("title", stored=True, tokenizer_name="raw", index_option="basic")
    made.add_text_field("title_key", fast=True, tokenizer_name="raw", index_option="basic")
    for field in TEXT:
        option = "position" if field == "name" else "freq"  # in names it counts which words stand together
        made.add_text_field(field, tokenizer_name="stems", index_option=option)
    made.add_text_field("words", tokenizer_name="words", index_option="basic")
    for field in KEYS:
        made.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for field in FACETS:
        made.add_text_field(field, fast=True, tokenizer_name="raw", index_option="basic")
    for field in NUMBERS:
        made.add_unsigned_field(field, indexed=True, fast=True)
    for field in FLAGS:
        made.add_boolean_field(field, indexed=True, fast=True)
    return made.build()


@cache
def words() -> "TextAnalyzer":
    """Text as the words it is written in: small letters, no accents."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    plain = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST))
    return plain.filter(Filter.lowercase()).filter(Filter.ascii_fold()).build()


@cache
def stems() -> "TextAnalyzer":
    """Text as the stems of its words, without those every text has: the same for products and for queries."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    plain = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST))
    folded = plain.filter(Filter.lowercase()).filter(Filter.ascii_fold())
    return folded.filter(Filter.stopword("english")).filter(Filter.stemmer("english")).build()


def register(index: "Index") -> None:
    """Teach an index how text becomes words; the index itself does not remember."""
    index.register_tokenizer("words", words())
    index.register_tokenizer("stems", stems())


def key(text: str) -> str:
    """Text to be matched as a whole, whatever its capitals."""
    return unicodedata.normalize("NFC", text).casefold()


def row(document: SearchDocument) -> "Document":
    """A product as the index holds it."""
    from tantivy import Document

    headings = document.categories
    brand = [document.brand.name] if document.brand else []
    about = [text for text in (document.short_description, document.description) if text]
    fields: dict[str, object] = {
        "product_id": document.product_id,
        "title": document.name,
        "title_key": " ".join(words().analyze(document.name)),
        "name": document.name,
        "tags": document.tags,
        "brand": brand,
        "category": [heading.name for heading in headings],
        "description": about,
        "words": [document.name, *document.tags, *brand, *(heading.name for heading in headings)],
        "category_key": [text for heading in headings for text in _names(heading)],
        "subcategory_key": _names(document.subcategory) if document.subcategory else [],
        "brand_key": [key(name) for name in brand],
        "tag_key": [key(tag) for tag in document.tags],
        "category_facet": [SEPARATOR.join((h.id, h.slug, h.name)) for h in headings],
        "brand_facet": brand,
        "tag_facet": document.tags,
        "edition": document.edition,
        "rating": hundredths(document.rating.average),
        "rank": hundredths(document.rating.average) * 1_000_000 + min(document.rating.count, 999_999),
        "published": int(clock.epoch(document.created_at) * 1000),
        "featured": document.is_featured,
        "on_sale": document.is_on_sale,
        "in_stock": document.stock_status != "out_of_stock",
    }
    if document.price:
        fields["price"] = document.price.amount
    return Document.from_dict(fields, schema())


def hundredths(rating: object) -> int:
    """A rating as the index counts it."""
    return round(float(str(rating)) * 100)


def _names(heading: Heading) -> list[str]:
    return [key(heading.id), key(heading.slug)]
