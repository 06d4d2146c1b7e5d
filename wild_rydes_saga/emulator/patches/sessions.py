"""The sessions of the emulator's STS."""


def session_secret(access_key_id: str) -> str | None:
    """The secret of a session that the emulator's STS has given; None if it has given none of this id."""
    from ministack.services import sts

    session = sts._sessions.get(access_key_id)
    return str(session["SecretAccessKey"]) if session else None
