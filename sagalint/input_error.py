"""What is wrong with an input of sagalint's, in words."""


class InputError(ValueError):
    """Something that was given cannot be used. Says what, and how to correct it."""


class DefinedElsewhereError(InputError):
    """A definition lies where sagalint cannot read it: in S3, or with whoever uses a module. Says where."""


class MissingPackageError(Exception):
    """A package that reads the input is not installed. Says which, and how to install it."""
