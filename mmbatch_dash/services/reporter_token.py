"""A fresh token for worker nodes, made where somebody is about to connect one."""

from datetime import datetime, timedelta

from mmbatch_dash.domain.identity import Right
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
from mmbatch_dash.store.auth.tokens import Token, Tokens
from mmbatch_dash.store.documents.interface import Documents

RIGHTS = (Right.INGEST, Right.NODE)
LIFETIME = timedelta(days=90)


def make_reporter_token(documents: Documents, now: datetime, *, who: str, address: str) -> tuple[str, Token]:
    """The text of a token that may send events and read the configuration, and what is kept of it; it is audited.

    Args:
        documents: where tokens and the audit log are.
        now: names the token.
        who: whoever asks for it, as the audit log names them.
        address: where they are.

    Raises:
        InvalidInput: one was made this very second.
    """
    text, token = Tokens(documents).create(f"connect-{now:%Y%m%d-%H%M%S}", RIGHTS, LIFETIME)
    detail = f"created {token.name} ({', '.join(sorted(token.rights))})"
    AuditLog(documents).add(AuditEntry("token", who, address, detail=detail))
    return text, token
