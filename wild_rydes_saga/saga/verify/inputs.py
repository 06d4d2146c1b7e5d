"""What a verification reads."""


class VerifyInputError(ValueError):
    """Something given to the verifier cannot be used. Says what, and how to mend it."""
