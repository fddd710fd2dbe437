"""The doors into notifications: what it hears and writes to people about, and the job that tries again."""

from notifications import logic, safety, store
from notifications.model import ConfirmedOrder, Seeded, Sent
from shop.api import Api
from shop.events.auth import (
    EmailVerificationRequested,
    PasswordResetRequested,
    PhoneVerificationRequested,
    RefreshTokenReuseDetected,
    UserCreated,
    UserDeleted,
    UserEmailChanged,
    UserLocked,
    UserLoggedIn,
    UserMfaChanged,
    UserPasswordChanged,
    UserStatusChanged,
)
from shop.events.orders import CheckoutCompensationFailed, CheckoutFailed, OrderCancelled, OrderConfirmed
from shop.events.payments import RefundFailed, RefundSucceeded
from shop.events.users import ProfileUpdated

app = Api("notifications", store.table)


@app.step
def send_order_confirmation(order: ConfirmedOrder) -> Sent:
    return logic.send_order_confirmation(order)


@app.step
def seed_templates() -> Seeded:
    return logic.seed_templates()


@app.job
def send_due() -> None:
    logic.send_due()


app.hears(
    {
        UserCreated: logic.on_user_created,
        UserEmailChanged: logic.on_user_email_changed,
        UserStatusChanged: logic.on_user_status_changed,
        UserDeleted: logic.on_user_deleted,
        EmailVerificationRequested: safety.on_email_verification_requested,
        PasswordResetRequested: safety.on_password_reset_requested,
        PhoneVerificationRequested: safety.on_phone_verification_requested,
        UserLocked: safety.on_user_locked,
        UserPasswordChanged: safety.on_user_password_changed,
        UserMfaChanged: safety.on_user_mfa_changed,
        UserLoggedIn: safety.on_user_logged_in,
        RefreshTokenReuseDetected: safety.on_refresh_token_reuse_detected,
        ProfileUpdated: logic.on_profile_updated,
        OrderConfirmed: logic.on_order_confirmed,
        OrderCancelled: logic.on_order_cancelled,
        RefundSucceeded: logic.on_refund_succeeded,
        RefundFailed: logic.on_refund_failed,
        CheckoutFailed: logic.on_checkout_failed,
        CheckoutCompensationFailed: logic.on_checkout_compensation_failed,
    }
)

steps = app.steps
events = app.events
jobs = app.jobs
