"""Where payments keeps its things. `{s}` is one of ten shards, `@` is `<created_at>#<id>`; indexes are sparse.

| thing         | PK                             | SK        | GSI1PK / GSI1SK              | GSI2PK / GSI2SK          |
|---------------|--------------------------------|-----------|------------------------------|--------------------------|
| Payment       | PAY#<payment_id>               | META      | ORDER#<order_id> / PAY#@     | USER#<user_id> / PAY#@   |
| PaymentIndex  | PAY#<payment_id>               | IDX       | ST#<status>#{s} / @          | DAY#<yyyy-mm-dd>#{s} / @ |
| LivePayment   | ORDERPAY#<order_id>            | LIVE      | ASKING#{s} / @               | -                        |
| - of a part   | ORDERPAY#<order_id>            | LIVE#<part>                | ASKING#{s} / @ | -                     |
| Transaction   | PAY#<payment_id>               | TXN#@     | PROVTXN#<provider>#<id>/ TXN | -                        |
| Refund        | PAY#<payment_id>               | REF#<id>  | ORDER#<order_id> / REF#@     | RST#<status>#{s} / @     |
| PaymentMethod | USER#<user_id>                 | PM#<id>   | -                            | -                        |
| DefaultMethod | USER#<user_id>                 | PMDEFAULT | -                            | -                        |
| Webhook       | WHK#<provider>#<event_id>      | WHK       | WST#<status>#{s} / @         | PAYWHK#<payment_id> / .. |
| AuditLog      | AUD#<yyyy-mm-dd>#{s}           | @         | PAYAUD#<payment_id> / @      | USERAUD#<user_id> / @    |
| CreditAccount | USER#<user_id>                 | CREDIT#<currency>          | -           | -                        |
| CreditEntry   | USER#<user_id>                 | CREDITTX#<currency>#@      | -           | -                        |
| GiftCard      | GIFT#<gift_card_id>            | META      | GIFTS#<status>#{s} / @       | -                        |
| GiftCardEntry | GIFT#<gift_card_id>            | ENTRY#@   | -                            | -                        |
| MockCharge    | MOCKBANK#<provider_payment_id> | CHARGE    | -                            | -                        |

Unique values: PAYNO (payment numbers), REFNO (refund numbers), PROVPAY (a provider's payment ids), CREDITREF (what an
entry of store credit is about), GIFTREF (the same of gift cards), GIFTCODE (hashes of gift cards' codes).
A LivePayment is indexed only while nobody knows what the provider made of its payment, or of the capture of it.
"""

from payments.model.credit import CreditAccount, CreditEntry
from payments.model.gift import GiftCardEntry, StoredGiftCard
from payments.model.method import DefaultMethod, StoredMethod
from payments.model.paper import AuditLog, MockCharge, Webhook
from payments.model.payment import LivePayment, PaymentIndex, StoredPayment, StoredTransaction
from payments.model.refund import StoredRefund
from shop import clock
from shop.settings import DAY
from shop.table import Key, Row, Table, sharded

table = Table("payments")

WEBHOOKS_KEPT = 400 * DAY


def payment_key(payment_id: str) -> Key:
    """Where a payment is; what belongs to it is in the same partition."""
    return Key(f"PAY#{payment_id}", "META")


def live_key(order_id: str, part: str | None = None) -> Key:
    """Where the one live payment of an order, or of a part of it, is named."""
    return Key(f"ORDERPAY#{order_id}", f"LIVE#{part}" if part else "LIVE")


def refund_key(payment_id: str, refund_id: str) -> Key:
    """Where a refund is."""
    return Key(f"PAY#{payment_id}", f"REF#{refund_id}")


def method_key(user_id: str, method_id: str) -> Key:
    """Where a payment method is."""
    return Key(f"USER#{user_id}", f"PM#{method_id}")


def default_key(user_id: str) -> Key:
    """Where a user's default method is named."""
    return Key(f"USER#{user_id}", "PMDEFAULT")


def webhook_key(provider: str, event_id: str) -> Key:
    """Where a webhook is."""
    return Key(f"WHK#{provider}#{event_id}", "WHK")


def account_key(user_id: str, currency: str) -> Key:
    """Where a user's store credit in one currency is."""
    return Key(f"USER#{user_id}", f"CREDIT#{currency}")


def gift_key(gift_card_id: str) -> Key:
    """Where a gift card is; its entries are in the same partition."""
    return Key(f"GIFT#{gift_card_id}", "META")


def bank_key(provider_payment_id: str) -> Key:
    """Where the mock provider's bank keeps a charge."""
    return Key(f"MOCKBANK#{provider_payment_id}", "CHARGE")


def _payment_row(p: StoredPayment) -> Row:
    entry = f"PAY#{p.created_at}#{p.payment_id}"
    return Row(payment_key(p.payment_id), gsi1=(f"ORDER#{p.order_id}", entry), gsi2=(f"USER#{p.user_id}", entry))


def _index_row(i: PaymentIndex) -> Row:
    entry = f"{i.created_at}#{i.payment_id}"
    return Row(
        Key(f"PAY#{i.payment_id}", "IDX"),
        gsi1=(sharded(f"ST#{i.status}", i.payment_id), entry),
        gsi2=(sharded(f"DAY#{i.created_at[:10]}", i.payment_id), entry),
    )


def _live_row(live: LivePayment) -> Row:
    asked = (sharded("ASKING", live.order_id), f"{live.created_at}#{live.payment_id}") if live.asking else None
    return Row(live_key(live.order_id, live.part), gsi1=asked)


def _transaction_row(t: StoredTransaction) -> Row:
    known = (f"PROVTXN#{t.provider}#{t.provider_transaction_id}", "TXN") if t.provider_transaction_id else None
    return Row(Key(f"PAY#{t.payment_id}", f"TXN#{t.created_at}#{t.id}"), gsi1=known)


def _refund_row(r: StoredRefund) -> Row:
    entry = f"{r.created_at}#{r.refund_id}"
    return Row(
        refund_key(r.payment_id, r.refund_id),
        gsi1=(f"ORDER#{r.order_id}", f"REF#{entry}"),
        gsi2=(sharded(f"RST#{r.status}", r.refund_id), entry),
    )


def _webhook_row(w: Webhook) -> Row:
    entry = f"{w.created_at}#{w.provider_event_id}"
    return Row(
        webhook_key(w.provider, w.provider_event_id),
        gsi1=(sharded(f"WST#{w.status}", w.provider_event_id), entry),
        gsi2=(f"PAYWHK#{w.payment_id}", w.created_at) if w.payment_id else None,
        ttl=clock.ttl(w.created_at, WEBHOOKS_KEPT),
    )


def _audit_row(a: AuditLog) -> Row:
    entry = f"{a.timestamp}#{a.id}"
    return Row(
        Key(sharded(f"AUD#{a.timestamp[:10]}", a.id), entry),
        gsi1=(f"PAYAUD#{a.payment_id}", entry) if a.payment_id else None,
        gsi2=(f"USERAUD#{a.user_id}", entry) if a.user_id else None,
    )


def _credit_row(e: CreditEntry) -> Row:
    return Row(Key(f"USER#{e.user_id}", f"CREDITTX#{e.amount.currency}#{e.created_at}#{e.id}"))


def _gift_row(g: StoredGiftCard) -> Row:
    listed = (sharded(f"GIFTS#{g.status}", g.gift_card_id), f"{g.created_at}#{g.gift_card_id}")
    return Row(gift_key(g.gift_card_id), gsi1=listed)


def _gift_entry_row(e: GiftCardEntry) -> Row:
    return Row(Key(f"GIFT#{e.gift_card_id}", f"ENTRY#{e.created_at}#{e.id}"))


PAYMENTS = table.kind("payment", StoredPayment, _payment_row)
INDEX = table.kind("payment_index", PaymentIndex, _index_row)
LIVE = table.kind("live_payment", LivePayment, _live_row)
TRANSACTIONS = table.kind("payment_transaction", StoredTransaction, _transaction_row)
REFUNDS = table.kind("refund", StoredRefund, _refund_row)
METHODS = table.kind("payment_method", StoredMethod, lambda m: Row(method_key(m.user_id, m.id)))
DEFAULTS = table.kind("default_method", DefaultMethod, lambda d: Row(default_key(d.user_id)))
WEBHOOKS = table.kind("payment_webhook", Webhook, _webhook_row)
AUDIT = table.kind("payment_audit_log", AuditLog, _audit_row)
BANK = table.kind("mock_charge", MockCharge, lambda c: Row(bank_key(c.provider_payment_id)))
ACCOUNTS = table.kind("store_credit_account", CreditAccount, lambda a: Row(account_key(a.user_id, a.currency)))
ENTRIES = table.kind("store_credit_entry", CreditEntry, _credit_row)
GIFTS = table.kind("gift_card", StoredGiftCard, _gift_row)
GIFT_ENTRIES = table.kind("gift_card_entry", GiftCardEntry, _gift_entry_row)
