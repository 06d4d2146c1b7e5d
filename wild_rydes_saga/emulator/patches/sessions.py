"""The sessions of the emulator's STS."""

import time

from wild_rydes_saga.emulator.access_key import AccessKey


def session_key(key_id: str) -> AccessKey | None:
    """The key of a session that the emulator's STS has given; None if it gave none of this id, or it has expired."""
    from ministack.services import sts

    session = sts._sessions.get(key_id) or {}
    secret, token = session.get("SecretAccessKey"), session.get("SessionToken")
    # Without a secret and a token, the key of a session would be one that anybody can guess.
    if not secret or not token or time.time() > session.get("Expiration", float("inf")):
        return None
    return AccessKey(key_id, str(secret), str(token))
