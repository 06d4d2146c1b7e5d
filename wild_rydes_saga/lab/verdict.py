"""The result in one line, and what to do next."""

from collections.abc import Sequence

from wild_rydes_saga.lab.calls import CALLS
from wild_rydes_saga.lab.chapters import CHAPTERS
from wild_rydes_saga.lab.checked import ChapterResult, Item, LintFinding, Mark, RideResult, passed_in_a_row


def verdict(
    chapters: Sequence[ChapterResult], rides: Sequence[RideResult], findings: Sequence[LintFinding] | None
) -> str:
    """How many chapters pass, how many rides are right, and the first that is not."""
    done, right = passed_in_a_row(chapters), sum(ride.right for ride in rides)
    sentences = [f"Chapter {done} of {len(chapters)}.", f"{right} of {len(rides)} rides are right."]
    wrong = next((ride for ride in rides if not ride.right), None)
    if wrong:
        sentences.append(f"`{wrong.label}`: {wrong.sentence}")
    elif findings:
        sentences.append(f"sagalint: {findings[0].sentence}")
    elif done == len(chapters):
        sentences.append("sagalint finds nothing. The machine is finished.")
    return " ".join(sentences)


def next_step(
    chapters: Sequence[ChapterResult], items: Sequence[Item], findings: Sequence[LintFinding] | None, result: str
) -> str:
    """The first wrong call, or else the next chapter, with its reason unless the result has it."""
    done = passed_in_a_row(chapters)
    if done == len(chapters):
        return "nothing is left. Compare it with the finished machine."
    wrong_call = next((item for item in items if item.name == CALLS and item.mark is Mark.FAILED), None)
    if wrong_call:
        where = f" (line {wrong_call.line})" if wrong_call.line else ""
        return f"{wrong_call.sentence.rstrip('.')}{where}: {wrong_call.hint}."
    chapter, why = CHAPTERS[done], chapters[done].why
    reason = f" {why[:1].upper()}{why[1:]}" if why and why not in result else ""
    fix = next((f" To fix: {one.fix}." for one in findings or () if one.sentence == why), "")
    return f"chapter {chapter.number}, {chapter.title}: docs/lab.md.{reason}{fix}"
