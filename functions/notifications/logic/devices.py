"""The devices people carry: one person each, the last who signed in there."""

from notifications.model.recipient import AddPushToken, PushToken, Recipient
from notifications.store import people
from shop.errors import conflict, not_found
from shop.races import until_won


def add(user_id: str, body: AddPushToken) -> PushToken:
    """Push to this device from now on (R259); whoever carried it before gets no more there."""

    def attempt() -> PushToken:
        before = people.device(body.token)
        owner = people.recipient(user_id)
        if owner and owner.erased_at:
            raise conflict("user_erased", "This account is gone")
        mine = (owner or Recipient(user_id=user_id)).carrying(body.token)
        if before is None:
            device = PushToken(token=body.token, platform=body.platform, user_id=user_id)
        else:
            device = before.but(platform=body.platform, user_id=user_id)
        owners = [(mine, owner is None)] if mine != owner else []
        former = people.recipient(before.user_id) if before and before.user_id != user_id else None
        if former:
            owners.append((former.without(body.token), False))
        if before == device and not owners:
            return device
        return people.hand_over(before, device, *owners)

    return until_won(attempt)


def remove(user_id: str, token: str) -> None:
    """Push no more to a device of this user (R260)."""
    if not _forgotten(user_id, token):
        raise not_found("push token")


def forget(user_id: str, token: str) -> None:
    """Forget a device nobody is at any more, as its provider says."""
    _forgotten(user_id, token)


def _forgotten(user_id: str, token: str) -> bool:
    def attempt() -> bool:
        device = people.device(token)
        if device is None or device.user_id != user_id:
            return False
        owner = people.recipient(user_id)
        people.forget_device(device, owner.without(token) if owner else None)
        return True

    return until_won(attempt)
