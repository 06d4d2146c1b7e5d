"""The lab's page has the chapters of the code, and following it gives the answers."""

from tests.support.documents import code_blocks
from tests.support.lab.followed import COMMAND, LAB, typed_machines
from wild_rydes_saga.lab import CHAPTERS, answer
from wild_rydes_saga.lab.page import ANSWERS, answer_file, answer_text, written


def test_the_page_has_the_chapters_of_the_code() -> None:
    page = LAB.read_text(encoding="utf-8")
    assert written(page) == page, "run: python -m wild_rydes_saga.lab.page"


def test_the_answers_are_those_of_the_code() -> None:
    assert {*ANSWERS.iterdir()} == {answer_file(one.number) for one in CHAPTERS}
    for one in CHAPTERS:
        assert answer_file(one.number).read_text(encoding="utf-8") == answer_text(one.number)


def test_a_learner_who_does_what_the_page_says_has_the_answer() -> None:
    machines = typed_machines()
    assert len(machines) == len(CHAPTERS)
    for number, machine in enumerate(machines, start=1):
        assert machine == answer(number)


def test_the_page_names_the_command_of_each_chapter() -> None:
    assert f"{COMMAND}\n" in code_blocks(LAB, "bash")


def test_no_chapter_shows_its_answer() -> None:
    page = LAB.read_text(encoding="utf-8")
    assert all(page.count(f"answers/{answer_file(one.number).name}") == 1 for one in CHAPTERS)
    assert [block.count('"?"') >= 2 for block in code_blocks(LAB, "json")] == [True] * len(CHAPTERS)
