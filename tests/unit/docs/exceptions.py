"""The files and folders that exceed a limit of the style today. Remove a line as soon as its path fits."""

from typing import Final

EXCEPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "names of tests": ("tests/unit/payments",),
    "length of files": ("tests/unit/payments",),
    "words": (
        "lambda_src/payments",
        "tests/unit/payments",
    ),
}
"""By limit, the files and folders that are to be shortened, or to be said in plainer words."""
