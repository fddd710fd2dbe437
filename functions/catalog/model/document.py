"""A product as it is shown: one document with all that belongs to it."""

from catalog.model.listing import Listing
from catalog.model.product import Image, Summary, Variant
from catalog.model.words import Seo, Specifications
from shop.errors import invalid
from shop.freeform import FreeForm
from shop.money import Money
from shop.records import STANDARD, Part

DOCUMENT_MAX = 180 * 1024  # bytes; an event carries one, and must stay below 200 KB
SHOWN_STOCK = 99  # the public is told no more than this


class ImageView(Part):
    """A picture within the document."""

    id: str
    url: str
    alt_text: str | None = None
    sort_order: int
    is_primary: bool
    created_at: str
    updated_at: str


class ImageDocument(ImageView):
    """A picture by itself. Its version is the product's, whose part it is."""

    product_id: str
    version: int


class VariantView(Part):
    """A variant within the document."""

    variant_id: str
    sku: str
    name: str | None = None
    color: str | None = None
    size: str | None = None
    attributes: FreeForm = {}
    price: Money | None = None
    price_adjustment: Money
    effective_price: Money | None = None
    image_url: str | None = None
    available: bool
    stock_quantity: int
    stock_status: str
    created_at: str
    updated_at: str


class VariantDocument(VariantView):
    """A variant by itself. Its version is the product's, whose part it is."""

    product_id: str
    version: int


class CategoryCopy(Part):
    """A category as products name it."""

    id: str
    name: str
    slug: str


class CategoryView(CategoryCopy):
    """A category the product is in."""

    is_primary: bool


class ProductDocument(Summary):
    """The whole of a product."""

    description: str | None = None
    attributes: FreeForm = {}
    specifications: Specifications | None = None
    weight_grams: int | None = None
    tax_class: str = STANDARD
    seo: Seo | None = None
    view_count: int = 0
    purchase_count: int = 0
    category: CategoryCopy | None = None
    subcategory: CategoryCopy | None = None
    categories: list[CategoryView] = []
    tags: list[str] = []
    images: list[ImageView] = []
    variants: list[VariantView] = []

    @property
    def is_listed(self) -> bool:
        """Whether the public may see it."""
        return self.status == "active" and self.is_visible

    def for_public(self) -> "ProductDocument":
        """As the public sees it: large stocks are not told."""
        variants = [v.model_copy(update={"stock_quantity": min(v.stock_quantity, SHOWN_STOCK)}) for v in self.variants]
        return self.model_copy(
            update={"stock_quantity": min(self.stock_quantity, SHOWN_STOCK), "variants": variants},
        )

    def checked_size(self) -> int:
        """How many bytes it takes in an event (422 document_too_large)."""
        size = len(self.model_dump_json().encode())
        if size > DOCUMENT_MAX:
            raise invalid("document_too_large", f"The product would take {size} bytes of {DOCUMENT_MAX}", size=size)
        return size


def document(listing: Listing) -> ProductDocument:
    """The document of a product."""
    links = sorted(listing.links, key=lambda link: not link.is_primary)
    copies = [CategoryCopy(id=link.category_id, name=link.name, slug=link.slug) for link in links]
    below = (copy for copy, link in zip(copies, links, strict=True) if link.parent_id == links[0].category_id)
    return ProductDocument(
        **dict(listing.product),
        category=copies[0] if copies else None,
        subcategory=next(below, None),
        categories=[CategoryView(**dict(c), is_primary=c.id == links[0].category_id) for c in copies],
        tags=[tag.tag for tag in listing.tags],
        images=[ImageView(**_of(ImageView, image)) for image in listing.images],
        variants=[variant_view(listing, variant) for variant in listing.variants],
    )


def variant_view(listing: Listing, variant: Variant) -> VariantView:
    """A variant as the document shows it."""
    quantity, status = listing.stock_of(variant.variant_id)
    effective = variant.effective_price(listing.product)
    return VariantView(
        **_of(VariantView, variant), effective_price=effective, stock_quantity=quantity, stock_status=status
    )


def variant_document(listing: Listing, variant: Variant) -> VariantDocument:
    """A variant by itself."""
    whole = {"product_id": variant.product_id, "version": listing.product.version}
    return VariantDocument(**{**dict(variant_view(listing, variant)), **whole})


def image_document(listing: Listing, image: Image) -> ImageDocument:
    """A picture by itself."""
    return ImageDocument(**{**_of(ImageDocument, image), "version": listing.product.version})


def _of(view: type[Part], thing: Variant | Image) -> dict[str, object]:
    """What a view shows of a thing under the same name."""
    return {name: value for name, value in thing if name in view.model_fields}
