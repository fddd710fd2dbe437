"""Where reviews keeps its things.

`{s}` is one of ten shards, `<p>` a product, `<u>` a user, `@` is `<created_at>#<id>`, `<n>` a count of eight digits.

| thing           | PK       | SK            | GSI1PK / GSI1SK             | GSI2PK / GSI2SK       |
|-----------------|----------|---------------|-----------------------------|-----------------------|
| Review          | REV#<id> | META          | REVNEW#<p> / @              | USER#<u> / REV#@      |
| helpful entry   | REV#<id> | ENTRY#HELPFUL | REVHELP#<p> / <n>#@         | RST#<status>#{s} / @  |
| rating entry    | REV#<id> | ENTRY#RATING  | REVRATE#<p> / <stars>#@     | -                     |
| Vote            | REV#<id> | VOTE#<u>      | -                           | USER#<u> / VOTE#<id>  |
| RatingAggregate | PROD#<p> | RATING        | -                           | -                     |
| Product         | PROD#<p> | META          | -                           | -                     |
| Question        | QA#<id>  | META          | QAUP#<p> / <n>#@            | USER#<u> / QA#@       |
| queue entry     | QA#<id>  | ENTRY#QUEUE   | -                           | QAST#<status>#{s} / @ |
| QuestionVote    | QA#<id>  | VOTE#<u>      | -                           | USER#<u> / QVOTE#<id> |
| Author          | USER#<u> | META          | -                           | -                     |
| Authorship      | USER#<u> | REV#<p>       | -                           | -                     |
|                 | USER#<u> | QA#<id>       | -                           | -                     |
| Purchase        | USER#<u> | VP#<p>        | -                           | -                     |

The public's indexes (GSI1) hold only what is approved. A review and a question are alone in their partition with their
entries and votes, so that reading by id is exact and removing one removes all of it. A user's partition holds what must
be found exactly, not by an index that lags: the authorship is what makes a review of a product the user's only one, and
with the rest of the partition it is what a deleted user leaves to be erased.
"""

from shop.table import Key, Table

table = Table("reviews")

NUMBER = "08d"


def review_key(review_id: str) -> Key:
    """Where a review is; its entries and votes are in the same partition."""
    return Key(f"REV#{review_id}", "META")


def question_key(question_id: str) -> Key:
    """Where a question is; its entry and votes are in the same partition."""
    return Key(f"QA#{question_id}", "META")


def rating_key(product_id: str) -> Key:
    """Where the rating of a product is."""
    return Key(f"PROD#{product_id}", "RATING")


def product_key(product_id: str) -> Key:
    """Where it is noted what a product is."""
    return Key(f"PROD#{product_id}", "META")


def author_key(user_id: str) -> Key:
    """Where it is noted who a user is; everything of theirs is in the same partition."""
    return Key(f"USER#{user_id}", "META")


def reviewed_key(user_id: str, product_id: str) -> Key:
    """Where a user's one review of a product is named."""
    return Key(f"USER#{user_id}", f"REV#{product_id}")


def asked_key(user_id: str, question_id: str) -> Key:
    """Where a user's question is named."""
    return Key(f"USER#{user_id}", f"QA#{question_id}")


def purchase_key(user_id: str, product_id: str) -> Key:
    """Where it is noted that a user was delivered a product."""
    return Key(f"USER#{user_id}", f"VP#{product_id}")
