"""The generated Python client buys on a local cloud; `make test-web` tries the TypeScript one."""

import uuid
from importlib import import_module
from typing import Any

import pytest

from tools.clients import python
from tools.importing.bring import Brought
from tools.local import Stack

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Imports a module of the package that `make clients` makes."""
    package = tmp_path_factory.mktemp("clients") / "tradewind-client"
    python(package)
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(package)
        yield lambda name: import_module(f"tradewind_client.{name}")


def test_somebody_signs_up_looks_around_and_fills_a_cart(stack: Stack, brought: Brought, generated: Any) -> None:
    models, guest = generated("models"), generated("client").Client(base_url=stack.api_url)
    email, password = f"{uuid.uuid4().hex}@example.com", "a long walk by the sea"
    account = generated("api.auth.open_account").sync(
        client=guest, body=models.OpenAccount(email=email, password=password), idempotency_key=str(uuid.uuid4())
    )
    assert (account.email, account.roles) == (email, ["customer"])
    pair = generated("api.auth.sign_in").sync(client=guest, body=models.SignIn(identifier=email, password=password))
    ann = generated("client").AuthenticatedClient(base_url=stack.api_url, token=pair.access_token)

    page = generated("api.catalog.list_products").sync(client=ann, limit=5)
    assert len(page.data) == 5
    assert page.has_more
    product_id, variant_id = next(iter(brought.units.values()))
    product = generated("api.catalog.get_product").sync(product_id, client=ann)
    assert (product.product_id, product.price.currency) == (product_id, "USD")

    generated("api.carts.add_item").sync(
        client=ann,
        body=models.AddItem(product_id=product_id, variant_id=variant_id, quantity=2),
        idempotency_key=str(uuid.uuid4()),
    )
    cart = generated("api.carts.get_cart").sync(client=ann)
    assert [(item.product_id, item.quantity) for item in cart.items] == [(product_id, 2)]


def test_a_refusal_is_a_problem_with_its_code(stack: Stack, generated: Any) -> None:
    guest = generated("client").Client(base_url=stack.api_url)
    answer = generated("api.catalog.get_product").sync_detailed("nothing-of-the-sort", client=guest)
    assert (answer.status_code, answer.parsed.code) == (404, "not_found")
