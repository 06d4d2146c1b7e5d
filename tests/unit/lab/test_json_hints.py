"""A text that is not JSON gets the correction, and not only the place."""

import json

import pytest

from wild_rydes_saga.lab import CHAPTERS, Mark, answer
from wild_rydes_saga.lab.reading import read

TEXT = json.dumps(answer(len(CHAPTERS)), indent=2)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (TEXT.replace('"Type": "Task",', '"Type": "Task",,', 1), "take the second comma away"),
        (TEXT.rstrip("}") + ",}", "take the comma away that is before it"),
        (TEXT.replace('"StartAt"', "\u201cStartAt\u201d"), "write straight quotation marks"),
        (TEXT.replace('"StartAt"', "'StartAt'"), 'write " around each name'),
        (f"// my machine\n{TEXT}", "take the comment away"),
        (TEXT.replace('"{', "#{", 1), "take the comment away"),
        (TEXT.replace('"Type": "Task",', '"Type": "Task"', 1), "put a comma before it"),
        (TEXT.replace('"StartAt":', '"StartAt"'), "put a colon after the name"),
        (TEXT.replace('"Type": "Task",', '"Type": True,', 1), "write true, false or null in small letters"),
        (TEXT[:-1], "close each { and ["),
        (f"{TEXT}}}", "end the text with the machine"),
        ("StartAt: RegisterFare", "give the whole machine"),
        ("", "give the whole machine"),
    ],
)
def test_a_text_that_is_not_json_gets_its_correction(text: str, hint: str) -> None:
    [first, *_] = [item for item in read(text, {}).items if item.mark is Mark.FAILED]
    assert hint in (first.hint or "")
