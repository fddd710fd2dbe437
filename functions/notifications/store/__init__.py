"""Where notifications keeps its things.

| thing        | PK             | SK                    | GSI1PK / GSI1SK             | GSI2PK / GSI2SK                |
|--------------|----------------|-----------------------|-----------------------------|--------------------------------|
| Notification | NTF#<id>       | META                  | USER#<user_id> / <at>#<id>  | NST#<status>#<s> / <when>#<id> |
| InApp        | NTF#<id>       | IDX#INAPP             | INAPP#<user_id> / <at>#<id> | UNREAD#<user_id> / <at>#<id>   |
| Attempt      | NTF#<id>       | LOG#<at>#<id>         | PMSG#<by>#<message> / LOG   | -                              |
| Template     | TPL#<id>       | META                  | TEMPLATES / <name>          | -                              |
| Recipient    | USER#<user_id> | RECIPIENT             | -                           | -                              |
| Preference   | USER#<user_id> | PREF#<type>#<channel> | -                           | -                              |
| PushToken    | PUSH#<sha256>  | TOKEN                 | -                           | -                              |

<at> is created_at, and so is <when>, but of a pending notification it is when it is due. One that is held for a digest
is under NST#held#<s> / <due>#<user_id>#<id>, with the others of its user. Only what is unread is under UNREAD. A
template's name is a unique value (TPL). The id of a notification follows from its dedupe key, so its own key is what
keeps a cause from notifying twice. A recipient knows their devices; a device knows who carries it now.
"""

from hashlib import sha256

from shop.table import Key, Table

table = Table("notifications")


def notification_key(notification_id: str) -> Key:
    """Where a notification is."""
    return Key(f"NTF#{notification_id}", "META")


def entry_key(notification_id: str) -> Key:
    """Where a notification's place in the letter box of the app is."""
    return Key(f"NTF#{notification_id}", "IDX#INAPP")


def template_key(template_id: str) -> Key:
    """Where a template is."""
    return Key(f"TPL#{template_id}", "META")


def recipient_key(user_id: str) -> Key:
    """Where a recipient is."""
    return Key(f"USER#{user_id}", "RECIPIENT")


def preference_key(user_id: str, notification_type: str, channel: str) -> Key:
    """Where a preference is."""
    return Key(f"USER#{user_id}", f"PREF#{notification_type}#{channel}")


def device_key(token: str) -> Key:
    """Where a device is."""
    return Key(f"PUSH#{sha256(token.encode()).hexdigest()}", "TOKEN")
