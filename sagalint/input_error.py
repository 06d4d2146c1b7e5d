"""What is wrong with an input of sagalint's, in words."""


class InputError(ValueError):
    """Something given to the verifier cannot be used. Says what, and how to mend it."""


class DefinedElsewhereError(InputError):
    """A definition lies where sagalint cannot read it: in S3, or with whoever uses a module. Says where."""
