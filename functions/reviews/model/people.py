"""What reviews knows of others: who writes, what they have bought, and what they write about."""

from typing import Any

from shop import clock
from shop.records import Part, Record


class UserDetails(Part):
    """The author as a review shows them."""

    name: str | None = None
    avatar_url: str | None = None


class Author(Record):
    """Somebody who may write, as far as that was heard. Of a deleted user only the mark that they are gone stays."""

    user_id: str
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    avatar_url: str | None = None
    heard: dict[str, int] = {}  # by field, the version of the profile that told it last
    erased_at: str | None = None

    @property
    def details(self) -> UserDetails:
        """How their reviews show them."""
        name = self.full_name or " ".join(filter(None, (self.first_name, self.last_name)))
        return UserDetails(name=name or None, avatar_url=self.avatar_url)

    def told(self, version: int, **fields: Any) -> "Author":
        """With what was said at this version, as far as nothing newer was said of a field."""
        news = {name: value for name, value in fields.items() if version > self.heard.get(name, -1)}
        return self.but(**news, heard={**self.heard, **dict.fromkeys(news, version)})

    def erased(self) -> "Author":
        """Nobody, for good."""
        return Author(user_id=self.user_id, version=self.version, erased_at=clock.now())


class Authorship(Record):
    """That somebody has written a review or a question: a user's review of a product is the only one."""

    user_id: str
    product_id: str
    review_id: str | None = None
    question_id: str | None = None


class Purchase(Record):
    """REV-06. That a product was delivered to somebody, first with this order."""

    user_id: str
    product_id: str
    order_id: str


class Product(Record):
    """Whose a product is, and whether the public sees it."""

    product_id: str
    seller_id: str | None = None
    is_listed: bool
    heard_version: int
