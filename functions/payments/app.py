"""The doors into payments: what customers pay with, what they paid, and what they got back."""

from typing import Annotated

from chalice.app import Request

from payments.logic import (
    captures,
    charges,
    gifts,
    methods,
    recovery,
    refunds,
    views,
    webhooks,
)
from payments.model.credit import CreditEntry, StoreCredits
from payments.model.gift import (
    ChangeGiftCard,
    GiftBalance,
    GiftCard,
    GiftCardView,
    GiftStatus,
    IssuedGiftCard,
    IssueGiftCard,
    TypedCode,
)
from payments.model.method import AttachMethod, ChangeMethod, PaymentMethod
from payments.model.paper import AuditLog, Received, Webhook
from payments.model.payment import AskCapture, Charged, ChargePayment, Nothing, OrderRef, Payment
from payments.model.refund import AskRefund, Refund
from payments.model.words import Day, RefundStatus, Status, WebhookStatus
from payments.store import audits, table
from payments.store import credit as stored_credit
from payments.store import gifts as stored_gifts
from payments.store import methods as stored_methods
from payments.store import payments as stored
from payments.store import webhooks as stored_webhooks
from shop import clock
from shop.api import ADMIN, CUSTOMER, PUBLIC, SUPPORT, Api, OperationId, Version
from shop.auth import Caller
from shop.money import Currency
from shop.pages import Page, Paging, WhosePaging
from shop.records import folded

app = Api("payments", table)


class PaymentList(Paging):
    """The payments of one order, or all of the caller's."""

    order_id: str | None = None


class CreditList(WhosePaging):
    """Store credit in one currency, or all."""

    currency: Currency | None = None


class StatusAndDay(Paging):
    """Everyone's payments of one status, of one day, or all."""

    status: Annotated[Status, folded] | None = None
    day: Day | None = None


class RefundList(Paging):
    """Everyone's refunds of one status, or all."""

    status: Annotated[RefundStatus, folded] | None = None


class WebhookList(Paging):
    """The webhooks of one status, or all."""

    status: Annotated[WebhookStatus, folded] | None = None


class AuditList(Paging):
    """What was done about a payment, about a user, or on a day: today, where nothing is named."""

    day: Day | None = None
    payment_id: str | None = None
    user_id: str | None = None


class GiftCardList(Paging):
    """The gift cards of one status, or all."""

    status: GiftStatus | None = None


@app.route("/payments", who=CUSTOMER)
def list_payments(query: PaymentList, caller: Caller) -> Page[Payment]:
    return views.payments(caller, query.order_id, query)


@app.route("/payments/{payment_id}", who=CUSTOMER)
def get_payment(payment_id: str, caller: Caller) -> Payment:
    return views.payment(caller, payment_id)


@app.route(
    "/payments/{payment_id}/confirmations",
    methods=["POST"],
    who=CUSTOMER,
    status=202,
    idempotent=True,
    fresh=True,
    location="/payments/{payment_id}",
    refuses=[402],
)
def confirm_payment(payment_id: str, body: Nothing, caller: Caller) -> Payment:
    return views.confirm(caller, payment_id)


@app.route("/payments/{payment_id}/refunds", who=SUPPORT)
def list_refunds(payment_id: str) -> Page[Refund]:
    return Page(data=list(stored.refunds(payment_id)))


@app.route(
    "/payments/{payment_id}/refunds",
    methods=["POST"],
    who=SUPPORT,
    status=201,
    idempotent=True,
    location="/payments/{payment_id}/refunds/{refund_id}",
)
def refund_payment(payment_id: str, body: AskRefund, refund_id: OperationId, caller: Caller) -> Refund:
    return refunds.refund(payment_id, refund_id, body, caller.ip_address)


@app.route("/payments/{payment_id}/refunds/{refund_id}", who=SUPPORT)
def get_refund(payment_id: str, refund_id: str) -> Refund:
    return stored.refund(payment_id, refund_id)


@app.route("/payment-methods", who=CUSTOMER)
def list_payment_methods(query: Paging, caller: Caller) -> Page[PaymentMethod]:
    return stored_methods.methods(caller.user_id, query)


@app.route(
    "/payment-methods",
    methods=["POST"],
    who=CUSTOMER,
    status=201,
    idempotent=True,
    fresh=True,
    location="/payment-methods/{id}",
    refuses=[402],
)
def attach_payment_method(body: AttachMethod, method_id: OperationId, caller: Caller) -> PaymentMethod:
    return methods.attach(caller, method_id, body)


@app.route("/payment-methods/{method_id}", who=CUSTOMER)
def get_payment_method(method_id: str, caller: Caller) -> PaymentMethod:
    return stored_methods.method(caller.user_id, method_id)


@app.route("/payment-methods/{method_id}", methods=["PATCH"], who=CUSTOMER, if_match=True, fresh=True)
def change_payment_method(method_id: str, version: Version, body: ChangeMethod, caller: Caller) -> PaymentMethod:
    return methods.change(caller, method_id, version, body)


@app.route("/payment-methods/{method_id}", methods=["DELETE"], who=CUSTOMER, if_match=True, fresh=True)
def detach_payment_method(method_id: str, version: Version, caller: Caller) -> None:
    methods.detach(caller, method_id, version)


@app.route(
    "/payments/{payment_id}/captures",
    methods=["POST"],
    who=SUPPORT,
    status=202,
    idempotent=True,
    location="/payments/{payment_id}",
)
def capture_payment(payment_id: str, body: AskCapture, caller: Caller) -> Payment:
    return captures.capture(payment_id, body.amount, caller.ip_address)


@app.route("/admin/payments", who=SUPPORT)
def list_all_payments(query: StatusAndDay) -> Page[Payment]:
    return views.everyones(query.status, query.day, query)


@app.route("/admin/refunds", who=SUPPORT)
def list_all_refunds(query: RefundList) -> Page[Refund]:
    return views.refunds(query.status, query)


@app.route("/admin/payment-audit-logs", who=ADMIN)
def list_audit_logs(query: AuditList) -> Page[AuditLog]:
    if query.payment_id:
        return audits.of_payment(query.payment_id, query)
    if query.user_id:
        return audits.about_user(query.user_id, query)
    return audits.of_day(query.day or clock.now()[:10], query)


@app.route("/admin/payment-webhooks", who=ADMIN)
def list_webhooks(query: WebhookList) -> Page[Webhook]:
    return stored_webhooks.page([query.status] if query.status else stored_webhooks.STATUSES, query)


@app.route("/admin/payment-webhooks/{provider}/{provider_event_id}/replays", methods=["POST"], who=ADMIN, status=202)
def replay_webhook(provider: str, provider_event_id: str, body: Nothing, caller: Caller) -> Webhook:
    return webhooks.replay(provider, provider_event_id, caller.ip_address)


@app.route("/store-credits", who=CUSTOMER)
def list_store_credits(query: CreditList, caller: Caller) -> StoreCredits:
    user_id = caller.whose(query.user_id)
    page = stored_credit.entries(user_id, query.currency, query)
    return StoreCredits(**vars(page), balances=stored_credit.accounts(user_id))


@app.route(
    "/admin/gift-cards",
    methods=["POST"],
    who=ADMIN,
    status=201,
    idempotent=True,
    secret=True,
    location="/admin/gift-cards/{gift_card_id}",
)
def issue_gift_card(body: IssueGiftCard, gift_card_id: OperationId, caller: Caller) -> IssuedGiftCard:
    return gifts.issue(caller, gift_card_id, body)


@app.route("/admin/gift-cards", who=ADMIN)
def list_gift_cards(query: GiftCardList) -> Page[GiftCard]:
    return stored_gifts.cards([query.status] if query.status else stored_gifts.STATUSES, query)


@app.route("/admin/gift-cards/{gift_card_id}", who=ADMIN)
def get_gift_card(gift_card_id: str) -> GiftCardView:
    return gifts.view(gift_card_id)


@app.route("/admin/gift-cards/{gift_card_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_gift_card(gift_card_id: str, version: Version, body: ChangeGiftCard, caller: Caller) -> GiftCard:
    return gifts.change(caller, gift_card_id, version, body)


@app.route("/gift-card-balances", methods=["POST"], who=CUSTOMER, secret=True)
def get_gift_card_balance(body: TypedCode) -> GiftBalance:
    return gifts.balance(body.code)


@app.route(
    "/gift-card-redemptions",
    methods=["POST"],
    who=CUSTOMER,
    status=201,
    idempotent=True,
    fresh=True,
    secret=True,
    location="/store-credits",
)
def redeem_gift_card(body: TypedCode, redemption_id: OperationId, caller: Caller) -> CreditEntry:
    return gifts.redeem(caller, redemption_id, body.code)


# Its provider sends from a few addresses whatever there is to say; who is none is refused by the signature alone.
@app.route("/webhooks/{provider}", methods=["POST"], who=PUBLIC, counted=False)
def receive_webhook(provider: str, request: Request) -> Received:
    identity = request.context.get("identity") or {}
    webhooks.receive(provider, request.raw_body, request.headers, identity.get("sourceIp"))
    return Received()


@app.step
def charge_payment(asked: ChargePayment) -> Charged:
    return charges.charge(asked)


@app.step
def reverse_payment(order: OrderRef) -> Charged:
    return charges.reverse(order.order_id)


@app.step
def take_payment(order: OrderRef) -> Charged:
    captures.of_live(stored.live(order.order_id, order.part))
    return charges.find(order)


@app.step
def find_payment(order: OrderRef) -> Charged:
    return charges.find(order)


@app.job
def finish_payments() -> None:
    recovery.finish_payments()


steps = app.steps
events = app.events
jobs = app.jobs
