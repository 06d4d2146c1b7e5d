"""The lab that checks itself: its chapters, and what a learner's machine does in the lab's four rides."""

from wild_rydes_saga.lab.chapters import CHAPTERS, Chapter, answer, skeleton
from wild_rydes_saga.lab.check import check
from wild_rydes_saga.lab.checked import ChapterResult, Checked, Item, LintFinding, Mark, RideResult
from wild_rydes_saga.lab.reading import read_file

__all__ = [
    "CHAPTERS",
    "Chapter",
    "ChapterResult",
    "Checked",
    "Item",
    "LintFinding",
    "Mark",
    "RideResult",
    "answer",
    "check",
    "read_file",
    "skeleton",
]
