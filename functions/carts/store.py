"""Where carts keeps its things.

| thing     | PK                 | SK                         | GSI1PK / GSI1SK               | GSI2PK / GSI2SK        |
|-----------|--------------------|----------------------------|-------------------------------|------------------------|
| CartOwner | OWNER#user#<id>    | OWNER                      | -                             | -                      |
|           | OWNER#session#<id> | OWNER                      | -                             | -                      |
| Cart      | CART#<id>          | META                       | USER#<id> / CART#<made>#<id>  | CARTEXP#s / <due>#<id> |
| Line      | CART#<cart>        | ITEM#<product>#<variant|_> | CARTPROD#<product>#s / <cart> | -                      |

Every change of a cart is one transaction on its META's version; a lock changes only the lock. `due` is when the lock
passes or the cart expires, for active carts. A pointer and the lines outlive their cart; a write renews them in time.
"""

from collections.abc import Iterator

from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from carts.basket import Basket
from carts.model import CLOSED_GRACE, LINE_GRACE, CartOwner, Line, Lock, LockCart, Owner, StoredCart
from shop import clock
from shop.errors import Transient
from shop.events import Event
from shop.events import carts as said
from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.table import GSI1, GSI2, PRESENT, Index, Key, Row, Table, Transaction, newer, sharded, shards

table = Table("carts")
PAGE = 25


class Overtaken(Transient):
    """Somebody else changed the cart first: read it again, then decide again."""


def owner_key(owner: Owner) -> Key:
    """Where the pointer to an owner's cart is."""
    return Key(f"OWNER#{owner.kind}#{owner.id}", "OWNER")


def cart_key(cart_id: str) -> Key:
    """Where a cart is."""
    return Key(f"CART#{cart_id}", "META")


def line_key(line: Line) -> Key:
    """Where a line is: beside its cart."""
    return Key(f"CART#{line.cart_id}", f"ITEM#{line.product_id}#{line.variant_id or '_'}")


def _cart_row(cart: StoredCart) -> Row:
    return Row(
        cart_key(cart.cart_id),
        gsi1=(f"USER#{cart.user_id}", f"CART#{cart.created_at}#{cart.cart_id}") if cart.user_id else None,
        gsi2=(sharded("CARTEXP", cart.cart_id), _due(cart.due, cart.cart_id)) if cart.status == "active" else None,
        ttl=clock.ttl(cart.gone_at),
    )


def _line_row(line: Line) -> Row:
    place = (sharded(f"CARTPROD#{line.product_id}", line.cart_id), line.cart_id)
    return Row(line_key(line), gsi1=place if line.in_open_cart else None, ttl=clock.ttl(line.keep_until))


def _due(moment: str, cart_id: str) -> str:
    return f"{moment}#{cart_id}"


OWNERS = table.kind("cart_owner", CartOwner, lambda o: Row(owner_key(Owner(o.owner_kind, o.owner_id))))
CARTS = table.kind("cart", StoredCart, _cart_row)
LINES = table.kind("cart_item", Line, _line_row)


def head(cart_id: str) -> StoredCart | None:
    """A cart without its lines. One GetItem."""
    return CARTS.get(cart_key(cart_id))


def basket(cart_id: str) -> Basket | None:
    """A cart with its lines, in whatever state (AP32). One Query."""
    found = table.collection(f"CART#{cart_id}")
    heads = [thing for thing in found if isinstance(thing, StoredCart)]
    lines = sorted((thing for thing in found if isinstance(thing, Line)), key=lambda line: line.position)
    return Basket(heads[0], tuple(lines)) if heads else None


def pointed(owner: Owner) -> CartOwner | None:
    """The pointer to an owner's cart. One GetItem."""
    return OWNERS.get(owner_key(owner))


def latest(owner: Owner) -> Basket | None:
    """The cart an owner last had, live or not (AP32)."""
    pointer = pointed(owner)
    return basket(pointer.cart_id) if pointer and pointer.cart_id else None


def live(owner: Owner, cart_id: str | None = None) -> Basket | None:
    """The cart an owner has now (AP32). Knowing its id saves the read of the pointer."""
    found = basket(cart_id) if cart_id else latest(owner)
    return found if found and found.head.owner == owner and found.head.is_live else None


def page_of_user(user_id: str, paging: Paging) -> Page[StoredCart]:
    """All carts of a user, newest first (AP33)."""
    return CARTS.page(f"USER#{user_id}", paging, prefix="CART#")


def open_ones(paging: Paging) -> Page[StoredCart]:
    """Everybody's open carts, by when somebody should look after them (AP33). One Query a shard."""
    return CARTS.page(shards("CARTEXP"), paging, index=GSI2, newest_first=False)


def save(
    before: Basket | None, after: Basket, *events: Event, seen: str | None = None, cause: Event | None = None
) -> Basket:
    """Write a change of one cart, and tell of it. A new one is for an owner whose pointer still says `seen`."""
    with table.transaction(cause) as tx:
        saved = write(tx, before, after, seen)
        for event in events:
            tx.say(event, version=saved.head.version)
    return saved


def write(tx: Transaction, before: Basket | None, after: Basket, seen: str | None = None) -> Basket:
    """Add a cart's change to a transaction: its META, its pointer when new or old, and only the lines that differ."""
    pointing = before is None or (after.head.status == "active" and after.head.owner_kept_until < after.head.gone_at)
    after = _kept(after, pointing)
    if before is None:
        saved = tx.create(CARTS, after.head.but(content_version=after.head.version), otherwise=Overtaken())
    else:
        saved = write_head(tx, before, after)
    if pointing:
        _point(tx, saved, seen if before is None else saved.cart_id)
    known = {line.id: line for line in before.lines} if before else {}
    lines = tuple(_written(tx, line, known.get(line.id)) for line in after.lines)
    kept = {line_key(line) for line in lines}
    for key in {line_key(line) for line in known.values()} - kept:
        tx.delete(key)
    if saved.status == "active" and (before or after.lines):
        told = said.CartUpdated(
            cart_id=saved.cart_id,
            owner=f"user:{saved.user_id}" if saved.user_id else "guest",
            line_count=saved.line_count,
            subtotal=saved.subtotal,
        )
        tx.say(told, version=saved.version)
    return Basket(saved, lines)


def write_head(tx: Transaction, before: Basket, after: Basket) -> StoredCart:
    """Add only the cart's META to a transaction: it, and the lock on it, must still be what was read."""
    lock = before.head.checkout_lock
    unmoved = (
        Path("checkout_lock").does_not_exist()
        if lock is None
        else Path(["checkout_lock", "checkout_id"]) == lock.checkout_id
    )
    return tx.save(CARTS, after.head, unmoved, Overtaken())


def shelve(closed: Basket) -> None:
    """Take the lines of a closed cart out of the index of products. Nobody else writes them any more."""
    table.put_all([LINES.item(line) for line in _kept(closed, pointing=False).lines])


def lock(cart: LockCart, until: str) -> bool:
    """Hold a cart for a checkout, unless it is not as its owner read it. One UpdateItem; the version stays."""
    lock = Path("checkout_lock")
    theirs = Path(["checkout_lock", "checkout_id"])
    condition = (
        PRESENT
        & (Path("status") == "active")
        & (Path("user_id") == cart.user_id)
        & (Path("expires_at") > clock.now())
        & (Path("content_version") <= cart.cart_version)
        & (Path("version") >= cart.cart_version)
        & (Path("line_count") > 0)
        & (lock.does_not_exist() | (theirs == cart.checkout_id) | (Path(["checkout_lock", "until"]) < clock.now()))
        & (Path("released_checkout").does_not_exist() | (Path("released_checkout") != cart.checkout_id))
    )
    try:
        with table.transaction() as tx:
            tx.upsert(
                cart_key(cart.cart_id),
                lock.set(Lock(checkout_id=cart.checkout_id, until=until).model_dump()),
                Path(GSI2.sk).set(_due(until, cart.cart_id)),
                condition=condition,
                otherwise=Overtaken(),
            )
    except Overtaken:
        return False
    return True


def unlock(cart: StoredCart, checkout_id: str, cause: Event | None = None) -> None:
    """Give a cart back that this checkout holds, and let it hold it never again; the version stays."""
    lock, theirs = Path("checkout_lock"), Path(["checkout_lock", "checkout_id"])
    actions = [Path("released_checkout").set(checkout_id)]
    held = cart.checkout_lock is not None and cart.checkout_lock.checkout_id == checkout_id
    if held:
        actions += [lock.remove(), Path(GSI2.sk).set(_due(cart.expires_at, cart.cart_id))]
    condition = (theirs == checkout_id) if held else (lock.does_not_exist() | (theirs != checkout_id))
    with table.transaction(cause) as tx:
        tx.upsert(
            cart_key(cart.cart_id),
            *actions,
            condition=(Path("status") == "active") & (Path("expires_at") == cart.expires_at) & condition,
            otherwise=Overtaken(),
        )


def hear_user(tx: Transaction, user_id: str, version: int) -> None:
    """Add to a transaction that this much is known of a user's account; older news is AlreadyHeard."""
    tx.upsert(
        owner_key(Owner("user", user_id)),
        *_owner_fields(Owner("user", user_id)),
        Path("heard_version").set(version),
        Path("ttl").set(Path("ttl") | clock.ttl(clock.now(), CLOSED_GRACE)),
        condition=newer(version),
        otherwise=AlreadyHeard(),
    )


def due(now: str) -> Iterator[str]:
    """The ids of active carts whose lock has passed or that have expired (AP33)."""
    for shard in shards("CARTEXP"):
        for cart_ids in _pages(shard, GSI2, high=now):
            yield from cart_ids


def holding(product_id: str) -> Iterator[list[str]]:
    """The ids of open carts that hold a product (AP33), a page at a time."""
    for shard in shards(f"CARTPROD#{product_id}"):
        yield from _pages(shard, GSI1)


def of_user(user_id: str) -> Iterator[str]:
    """The ids of all carts a user has or had (AP32), beginning with the one the pointer names."""
    pointer = pointed(Owner("user", user_id))
    if pointer and pointer.cart_id:
        yield pointer.cart_id
    for cart_ids in _pages(f"USER#{user_id}", GSI1):
        yield from cart_ids


def drop(basket: Basket) -> None:
    """Remove a cart, whatever its state, with its lines."""
    with table.transaction() as tx:
        tx.delete(cart_key(basket.head.cart_id), Path("version") == basket.head.version, Overtaken())
        for line in basket.lines:
            tx.delete(line_key(line))


def unpoint(owner: Owner) -> None:
    """Remove the pointer to an owner's cart."""
    table.delete_all([owner_key(owner)])


def _pages(pk: str, index: Index, high: str | None = None) -> Iterator[list[str]]:
    """The cart ids in one partition of an index, each once."""
    after = ""
    while rows := table.items(pk, index=index, low=after, high=high, limit=PAGE):
        yield list(dict.fromkeys(row["cart_id"]["S"] for row in rows))
        after = rows[-1][index.sk]["S"] + " "


def _written(tx: Transaction, line: Line, before: Line | None) -> Line:
    """The line as it now is, added to the transaction if it differs."""
    if line == before:
        return line
    version = before.version + 1 if before else 1
    return tx.put(LINES, line.model_copy(update={"version": version, "updated_at": tx.now}))


def _kept(basket: Basket, pointing: bool) -> Basket:
    """With what is renewed by this write: items that DynamoDB would clean up before their cart."""
    gone = basket.head.gone_at
    later = clock.after(LINE_GRACE, gone)
    lines = tuple(line if line.keep_until >= gone else line.but(keep_until=later) for line in basket.lines)
    head = basket.head.but(owner_kept_until=later) if pointing else basket.head
    return Basket(head, lines)


def _point(tx: Transaction, cart: StoredCart, seen: str | None) -> None:
    pointer = Path("cart_id")
    tx.upsert(
        owner_key(cart.owner),
        *_owner_fields(cart.owner),
        pointer.set(cart.cart_id),
        Path("ttl").set(clock.ttl(cart.owner_kept_until)),
        condition=pointer.does_not_exist() | (pointer == seen) if seen else pointer.does_not_exist(),
        otherwise=Overtaken(),
    )


def _owner_fields(owner: Owner) -> list[Action]:
    now = clock.now()
    return [
        Path("kind").set(OWNERS.name),
        Path("owner_kind").set(owner.kind),
        Path("owner_id").set(owner.id),
        Path("created_at").set(Path("created_at") | now),
        Path("updated_at").set(now),
    ]
