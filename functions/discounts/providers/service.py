"""A tax service outside: it is sent the lines and the place, and answers with a rate for each and for the shipping.

POST {destination, currency, lines: [{product_id, variant_id, tax_class, amount}]}
-> {lines: ["0.2", ...], shipping: "0.2"}
"""

from functools import cache
from typing import TYPE_CHECKING

from pydantic import ValidationError

from discounts.model.pricing import TaxRates
from discounts.model.tax import Fraction
from discounts.providers import TaxQuestion
from shop.errors import Transient
from shop.records import adapter

if TYPE_CHECKING:
    from urllib3 import PoolManager

CONNECT, READ = 1.0, 3.0  # seconds


class TaxService:
    """Speaks with the service at an address; whatever it needs to know us by is in that address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rates(self, asked: TaxQuestion) -> TaxRates:
        """What it answers; an answer that is none, or does not come, is Transient: tax is never guessed."""
        from urllib3.exceptions import HTTPError

        try:
            answer = _pool().request(
                "POST",
                self.url,
                body=asked.model_dump_json(),
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                redirect=False,
            )
        except HTTPError as error:  # its text may hold the address
            raise Transient("The tax service does not answer") from error
        try:
            found = TaxRates.model_validate_json(answer.data)
            adapter(list[Fraction]).validate_python([*found.lines, found.shipping])
        except ValidationError as error:
            raise Transient("The tax service's answer cannot be read") from error
        if answer.status != 200 or len(found.lines) != len(asked.lines):
            raise Transient("The tax service does not answer for all lines")
        return found


@cache
def _pool() -> "PoolManager":
    from urllib3 import PoolManager, Retry, Timeout

    return PoolManager(maxsize=4, timeout=Timeout(connect=CONNECT, read=READ), retries=Retry(False))
