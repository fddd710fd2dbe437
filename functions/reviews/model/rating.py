"""What the approved reviews of a product come to."""

from decimal import ROUND_HALF_UP, Decimal

from pydantic import computed_field

from shop.events import reviews as said
from shop.records import Record

STARS = ("1", "2", "3", "4", "5")


class RatingAggregate(Record):
    """REV-03. How many reviews a product has, and how many stars they gave. Before the first its version is 0."""

    product_id: str
    sum: int = 0
    count: int = 0
    histogram: dict[str, int] = dict.fromkeys(STARS, 0)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def average(self) -> "said.Average":
        """Two decimals, half up; 0 without reviews."""
        if not self.count:
            return Decimal(0)
        return (Decimal(self.sum) / self.count).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def moved(self, out: int | None, into: int | None) -> "RatingAggregate":
        """With one review's stars taken out, and another's put in."""
        histogram, total = dict(self.histogram), self.sum
        for stars, step in ((out, -1), (into, 1)):
            if stars is not None:
                histogram[str(stars)] += step
                total += stars * step
        return self.but(sum=total, count=sum(histogram.values()), histogram=histogram)
