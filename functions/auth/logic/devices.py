"""Devices: where a user has signed in from, and which of them are trusted."""

from auth.logic import sessions
from auth.logic.guards import logged
from auth.model.accounts import User
from auth.model.factors import ChangeDevice
from auth.model.sessions import Device, KeptDevice, TrustedDevice
from auth.store import accounts
from auth.store import sessions as store
from shop.auth import Caller
from shop.errors import conflict, not_found
from shop.pages import Page, Paging
from shop.races import until_won


def list_devices(user_id: str, paging: Paging) -> Page[Device]:
    """The devices of a user; trusted is who would be let in without the second factor now."""
    user, found = accounts.existing(user_id), store.devices(user_id, paging)
    data = [_shown(user, device) for device in found.data]
    return found.showing(data)


def change(device_id: str, body: ChangeDevice, caller: Caller) -> TrustedDevice:
    """Name a device, trust it or trust it no longer (404; 409 not_this_device).

    It can be trusted from itself only: the answer holds what it is known by, and only it should have that.
    """
    return until_won(lambda: _change(device_id, body, caller))


def remove(device_id: str, caller: Caller) -> None:
    """Forget a device and end its sessions (404)."""

    def forget() -> bool:
        device = store.device(caller.user_id, device_id)
        if device:
            store.remove_device(device, logged(caller.user_id, "device_removed", caller, device_id=device_id))
        return device is not None

    # Forgotten first: a sign-in from it that is under way begins anew, and its sessions are not missed.
    known = until_won(forget)
    if not (sessions.end_on(caller.user_id, device_id) or known):
        raise not_found("device")


def _change(device_id: str, body: ChangeDevice, caller: Caller) -> TrustedDevice:
    user, device = accounts.existing(caller.user_id), store.device(caller.user_id, device_id)
    if device is None:
        raise not_found("device")
    changed, token, action = device, None, "device_untrusted"
    if "device_name" in body.model_fields_set:
        changed = changed.but(device_name=body.device_name)
    if body.is_trusted:
        session = store.session(caller.session_id)
        if session is None or session.device_id != device_id or not session.is_of(user):
            raise conflict("not_this_device", "A device is trusted from itself, or when signing in")
        (changed, token), action = changed.trusted(user), "device_trusted"
    elif body.is_trusted is False:
        changed = changed.untrusted()
    log = None if body.is_trusted is None else logged(user.user_id, action, caller, device_id=device_id)
    shown = _shown(user, store.save_device(changed, log))
    return TrustedDevice(**dict(shown), device_token=token)


def _shown(user: User, device: KeptDevice) -> KeptDevice:
    return device if device.trusted_by(user) else device.untrusted()
