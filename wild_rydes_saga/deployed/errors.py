"""What an operator can fix."""


class OperatorError(Exception):
    """A command cannot be carried out. Says why, and the fix."""
