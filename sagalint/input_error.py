"""What is wrong with an input of sagalint's, in words."""


class InputError(ValueError):
    """Something given to the verifier cannot be used. Says what, and how to mend it."""
