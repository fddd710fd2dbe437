"""Second factors in the table: a code of the app or of the ten counts once, whoever tries it at the same moment."""

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from auth.model.accounts import User
from auth.model.factors import Challenge, Entry, Factor, MfaBackupCode
from auth.model.oversight import SecurityAuditLog
from auth.model.sessions import LoginAttempt
from auth.store import (
    ATTEMPTS,
    AUDITS,
    BACKUP_CODES,
    CHALLENGES,
    backup_code_key,
    challenge_key,
    table,
    unchanged,
    user_key,
)
from shop.errors import Refusal
from shop.events import auth as said
from shop.races import LostRace
from shop.table import Transaction

YES, NO = True, False


def challenge(token_hash: str) -> Challenge | None:
    """A sign-in that waits for its second half, if there is one."""
    return CHALLENGES.get(challenge_key(token_hash))


def backup_code(user: User, code_hash: str) -> MfaBackupCode | None:
    """A backup code of a user, if there is one."""
    return BACKUP_CODES.get(backup_code_key(user.user_id, code_hash))


def ask(entry: Entry, question: Challenge, attempt: LoginAttempt) -> None:
    """Write that a sign-in waits for its second half, if the user still is as they were."""
    user = entry.user
    same = unchanged(user) & (Path("password_hash") == user.password_hash) & unguessed(user)
    with table.transaction() as tx:
        tx.create(CHALLENGES, question)
        tx.put(ATTEMPTS, attempt)
        if entry.password_hash == user.password_hash:
            tx.check(user_key(user.user_id), same, LostRace())
        else:
            kept = Path("password_hash").set(entry.password_hash)
            tx.update(user_key(user.user_id), kept, condition=same, otherwise=LostRace())


def enroll(user: User, sealed: str, refusal: Refusal) -> None:
    """Keep a secret until it is confirmed, in place of one that was not."""
    with table.transaction() as tx:
        tx.update(
            user_key(user.user_id),
            Path("mfa_secret").set(sealed),
            Path("mfa_step").set(0),
            condition=unchanged(user) & enabled(NO),
            otherwise=refusal,
        )


def enable(user: User, factor: Factor, codes: list[MfaBackupCode], log: SecurityAuditLog) -> None:
    """Ask for the second factor from now on."""
    confirmed = enabled(NO) & (Path("mfa_secret") == user.mfa_secret) & unchanged(user)
    with table.transaction() as tx:
        tx.update(
            user_key(user.user_id),
            Path("mfa_enabled").set(YES),
            Path("mfa_enabled_at").set(tx.now),
            Path("mfa_step").set(factor.step),
            Path("mfa_codes").set(codes[0].set_id),
            condition=confirmed,
            otherwise=LostRace(),
        )
        for code in codes:
            tx.create(BACKUP_CODES, code)
        tx.put(AUDITS, log)
        tx.say(said.UserMfaChanged(user_id=user.user_id, enabled=True), user.version + 1)


def replace_codes(user: User, factor: Factor, codes: list[MfaBackupCode], log: SecurityAuditLog) -> None:
    """Let only these backup codes count."""
    with table.transaction() as tx:
        same_set = holds(user, factor) & (Path("mfa_codes") == user.mfa_codes)
        set_id = Path("mfa_codes").set(codes[0].set_id)
        tx.update(user_key(user.user_id), set_id, *spent(factor), condition=same_set, otherwise=LostRace())
        spend(tx, factor)
        for code in codes:
            tx.create(BACKUP_CODES, code)
        tx.put(AUDITS, log)


def disable(user: User, factor: Factor, log: SecurityAuditLog) -> None:
    """Ask for no second factor any more."""
    same = holds(user, factor) & (Path("password_hash") == user.password_hash)
    with table.transaction() as tx:
        tx.update(
            user_key(user.user_id),
            Path("mfa_enabled").set(NO),
            Path("mfa_enabled_at").remove(),
            Path("mfa_secret").remove(),
            Path("mfa_codes").remove(),
            *spent(factor),
            condition=same,
            otherwise=LostRace(),
        )
        spend(tx, factor)
        tx.put(AUDITS, log)
        tx.say(said.UserMfaChanged(user_id=user.user_id, enabled=False), user.version + 1)


def clean_up(user_id: str, keep: str | None) -> None:
    """Remove the backup codes that do not count any more."""
    codes = BACKUP_CODES.query(f"USER#{user_id}", prefix="MFA#")
    table.delete_all(backup_code_key(user_id, code.code_hash) for code in codes if code.set_id != keep)


def enabled(wanted: bool) -> Condition:
    """True while a user's second factor is on, or off."""
    found: Condition = Path("mfa_enabled") == wanted
    return found if wanted else found | Path("mfa_enabled").does_not_exist()


def unguessed(user: User) -> Condition:
    """True of a user while nobody has guessed wrong since they were read: also, nothing is locked."""
    found: Condition = Path("failed_login_attempts") == user.failed_login_attempts
    return found


def holds(user: User, factor: Factor) -> Condition:
    """True of a user while this second factor is theirs and was not used, and no rival guessed meanwhile."""
    found = enabled(YES) & (Path("mfa_enabled_at") == user.mfa_enabled_at) & unchanged(user) & unguessed(user)
    if factor.step is not None:
        found &= Path("mfa_step") < factor.step
    if factor.backup:
        found &= Path("mfa_codes") == factor.backup.set_id
    return found


def spent(factor: Factor | None) -> list[Action]:
    """What being let in changes of a user: the second factor is used up, and nothing is counted any more."""
    step = [] if factor is None or factor.step is None else [Path("mfa_step").set(factor.step)]
    return [*step, Path("failed_login_attempts").set(0), Path("locked_until").remove()]


def spend(tx: Transaction, factor: Factor) -> None:
    """As part of a larger write: use a backup code up."""
    if factor.backup:
        key = backup_code_key(factor.backup.user_id, factor.backup.code_hash)
        good = (Path("used") == NO) & (Path("expires_at") > tx.now)
        tx.update(key, Path("used").set(YES), Path("used_at").set(tx.now), condition=good, otherwise=LostRace())


def answer(tx: Transaction, question: Challenge) -> None:
    """As part of a larger write: take a sign-in that waited as answered."""
    still = (Path("used") == NO) & (Path("expires_at") > tx.now)
    tx.update(challenge_key(question.token_hash), Path("used").set(YES), condition=still, otherwise=LostRace())
