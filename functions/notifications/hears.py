"""What notifications hears of, and how it answers."""

from notifications.logic import opinions, recipients, returning, safety, shopping, staff
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
from shop.events.carts import CartAbandoned
from shop.events.catalog import StockAlertTriggered
from shop.events.discounts import CouponExhausted
from shop.events.inventory import StockLow
from shop.events.orders import (
    CheckoutCompensationFailed,
    CheckoutFailed,
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderEdited,
    OrderRefunded,
    OrderShipped,
    OrderStatusChanged,
)
from shop.events.payments import PaymentFailed, PaymentSucceeded, RefundFailed, RefundSucceeded, StoreCreditChanged
from shop.events.returns import (
    ReturnApproved,
    ReturnInTransit,
    ReturnProcessed,
    ReturnReceived,
    ReturnRejected,
    ReturnRequested,
)
from shop.events.reviews import QuestionAnswered, QuestionCreated, ReviewApproved, ReviewCreated, ReviewRejected
from shop.events.shipping import ShipmentException
from shop.events.users import ProfileUpdated
from shop.events.webhooks import WebhookEndpointDisabled
from shop.hearing import Hearing

hears = Hearing(
    "notifications",
    {
        UserCreated: recipients.on_user_created,
        UserEmailChanged: recipients.on_user_email_changed,
        UserStatusChanged: recipients.on_user_status_changed,
        UserDeleted: recipients.on_user_deleted,
        ProfileUpdated: recipients.on_profile_updated,
        EmailVerificationRequested: safety.on_email_verification_requested,
        PasswordResetRequested: safety.on_password_reset_requested,
        PhoneVerificationRequested: safety.on_phone_verification_requested,
        UserLocked: safety.on_user_locked,
        UserPasswordChanged: safety.on_user_password_changed,
        UserMfaChanged: safety.on_user_mfa_changed,
        UserLoggedIn: safety.on_user_logged_in,
        RefreshTokenReuseDetected: safety.on_refresh_token_reuse_detected,
        StockAlertTriggered: shopping.on_stock_alert_triggered,
        CartAbandoned: shopping.on_cart_abandoned,
        OrderConfirmed: shopping.on_order_confirmed,
        OrderStatusChanged: shopping.on_order_status_changed,
        OrderEdited: shopping.on_order_edited,
        OrderShipped: shopping.on_order_shipped,
        OrderDelivered: shopping.on_order_delivered,
        OrderCancelled: shopping.on_order_cancelled,
        OrderRefunded: shopping.on_order_refunded,
        CheckoutFailed: shopping.on_checkout_failed,
        PaymentSucceeded: shopping.on_payment_succeeded,
        PaymentFailed: shopping.on_payment_failed,
        RefundSucceeded: shopping.on_refund_succeeded,
        StoreCreditChanged: shopping.on_store_credit_changed,
        ShipmentException: shopping.on_shipment_exception,
        ReturnRequested: returning.on_return_moved,
        ReturnApproved: returning.on_return_moved,
        ReturnRejected: returning.on_return_moved,
        ReturnInTransit: returning.on_return_moved,
        ReturnReceived: returning.on_return_moved,
        ReturnProcessed: returning.on_return_moved,
        ReviewApproved: opinions.on_review_moderated,
        ReviewRejected: opinions.on_review_moderated,
        QuestionAnswered: opinions.on_question_answered,
        CheckoutCompensationFailed: staff.on_checkout_compensation_failed,
        RefundFailed: staff.on_refund_failed,
        StockLow: staff.on_stock_low,
        CouponExhausted: staff.on_coupon_exhausted,
        ReviewCreated: staff.on_review_created,
        QuestionCreated: staff.on_question_created,
        WebhookEndpointDisabled: staff.on_webhook_endpoint_disabled,
    },
)
