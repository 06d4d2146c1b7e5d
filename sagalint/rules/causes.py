"""What findings have in common: the guesses that they rest on, and a cause that is one for several."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sagalint.definition.refusals import LED_TO_BY_NONE
from sagalint.paths.happening import Happening
from sagalint.plan import CHOICE_ONLY, Plan, PlannedStep
from sagalint.rules.data.never_chosen import NEVER_CHOSEN
from sagalint.rules.data.reads import READ_UNDEFINED
from sagalint.rules.data.service_results import REPLACED_BY_RESULT
from sagalint.rules.finding import Finding, Level, listed, once
from sagalint.rules.refused import REFUSED_BY_AWS
from sagalint.rules.registry import in_order
from sagalint.rules.saga.compensations import COMPENSATED_TWICE
from sagalint.rules.saga.endings import ENDS_IN_SUCCESS
from sagalint.rules.saga.loops import A_CATCH_LEADS_BACK, NEVER_ENDS
from sagalint.rules.saga.rollbacks import DOUBT_NOT_COMPENSATED, ROLLBACK_STOPS, WRONG_ENDING
from sagalint.rules.single_states import NO_SUCCESS
from sagalint.rules.timeouts import WAITS_FOR_EVER


def with_guesses(finding: Finding, plan: Plan) -> Finding:
    """A finding with the guesses that it rests on: those of the steps that it names, and of the plan as a whole."""
    named = {*finding.states}
    if _stops_what_is_sure(finding, plan):
        return finding
    about_steps = finding.rule.rests_on_plan or finding.rule in (DOUBT_NOT_COMPENSATED, ROLLBACK_STOPS)
    of_steps = [
        one
        for step in (plan.steps if about_steps else ())
        if named & {step.action, *step.undone_by} and not _only_fails(step, finding)
        for one in step.rests_on
    ]
    of_plan = plan.rests_on if finding.rule.rests_on_plan else ()
    return replace(finding, rests_on=once(*finding.rests_on, *of_steps, *of_plan))


def _stops_what_is_sure(finding: Finding, plan: Plan) -> bool:
    """Whether a task that fails in a fork stops a rollback of something sure: what the task is for is all the same."""
    parts = {name for step in plan.steps for name in (step.action, *step.undone_by)}
    if finding.rule is not ROLLBACK_STOPS or finding.states[0] in parts:
        return False
    left = finding.states[1:]
    return any(step.action in left and step.undone_by and not step.rests_on for step in plan.steps)


def one_per_cause(findings: Sequence[Finding], plan: Plan) -> list[Finding]:
    """Findings without those that another one explains; those of one cause, and the notes of a rule, are one."""
    endless = {state for finding in findings if finding.rule is NEVER_ENDS for state in finding.states}
    routed = any(CHOICE_ONLY in one for step in plan.steps for one in step.rests_on)
    reads = [finding for finding in findings if finding.rule is READ_UNDEFINED and finding.states]
    matters_anyhow = plan.is_saga or not plan.guessed
    reading = {finding.states[-1] for finding in reads if matters_anyhow or _stands_alone(finding, plan)}
    left = {state for finding in findings if finding.rule is DOUBT_NOT_COMPENSATED for state in finding.states}
    undoing = {name for step in plan.steps if step.action in left for name in step.undone_by}
    cut = any(finding.rule is NO_SUCCESS for finding in findings)
    kept = [
        finding
        for finding in findings
        if not (finding.rule is REPLACED_BY_RESULT and reading & {*finding.states})
        and not (finding.cause == LED_TO_BY_NONE and not {*finding.states} - undoing)
        and not (cut and (finding.rule is NEVER_ENDS or _comes_round(finding) or finding.cause == LED_TO_BY_NONE))
        and not (finding.rule in (COMPENSATED_TWICE, WRONG_ENDING) and endless & {*finding.states[:1]})
        and not (finding.rule.rests_on_plan and routed and finding.rule is not ENDS_IN_SUCCESS)
        and (matters_anyhow or finding.level is Level.NOTE or _stands_alone(finding, plan))
    ]
    kept = [*_one_by_step_left(kept)]
    notes = _notes([finding for finding in kept if finding.level is Level.NOTE])
    return [*merged([finding for finding in kept if finding.level is not Level.NOTE]), *notes]


def _one_by_step_left(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Findings without those that a compensation, when it gives up, leaves what it leaves when it is done as well."""
    done = [one for one in findings if one.rule is DOUBT_NOT_COMPENSATED and not _fails(one, one.states[0])]
    stops = [one for one in findings if one.rule is ROLLBACK_STOPS and one.catcher is not None]
    twice = [
        (stop, left)
        for stop in stops
        for left in done
        if stop.states[0] == left.states[0] and {*stop.states} <= {*left.states}
    ]
    for finding in findings:
        if any(finding is stop for stop, _ in twice) or any(_comes_after(finding, one) for one in done):
            continue
        both = any(finding is left for _, left in twice)
        yield replace(finding, fix=f"{finding.fix}, by its Catch too") if both else finding


def _comes_after(finding: Finding, turn: Finding) -> bool:
    """Whether what a finding says is left is left already by the way of a Choice, which another finding is about."""
    if finding is turn or finding.rule is not DOUBT_NOT_COMPENSATED or not {*finding.states[1:]} <= {*turn.states[1:]}:
        return False
    left = [one for one in turn.story if one.state == turn.states[0] and one.what is Happening.PASSED]
    if any(one.errors for one in turn.story):
        return False
    begun = [(one.state, one.next) for one in finding.story if not one.errors]
    return bool(left and finding.states[1:]) and (left[-1].state, left[-1].next) in begun


def _fails(finding: Finding, state: str) -> bool:
    """Whether a state fails in the story of a finding."""
    return any(moment.state == state and moment.errors for moment in finding.story)


def _comes_round(finding: Finding) -> bool:
    """Whether its story comes twice through a state."""
    return len({moment.state for moment in finding.story}) < len(finding.story)


def _only_fails(step: PlannedStep, finding: Finding) -> bool:
    """Whether a finding is about what others have done when a step fails, and not about the step."""
    return step.undone_by_nothing and len(finding.states) > 1 and finding.states[0] == step.action


def merged(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Findings, those of one rule and cause as one; the gravest has the story, of these the nearest."""
    same: dict[tuple[str, str, str], list[Finding]] = {}
    for number, finding in enumerate(findings):
        key = (finding.rule.id, finding.level, finding.cause or str(number))
        same.setdefault(key, []).append(finding)
    for together in same.values():
        first, *others = sorted(together, key=lambda one: in_order(one)[:4])
        names = once(*first.states, *(state for finding in others for state in finding.states))
        where = once(*(finding.states[0] for finding in others if finding.states[0] != first.states[0]))
        also = f"; {listed(where)} {'has' if len(where) == 1 else 'have'} the same fault" if where else ""
        guesses = once(*first.rests_on, *(one for finding in others for one in finding.rests_on))
        yield replace(first, states=names, message=f"{first.message}{also}", rests_on=guesses)


def _stands_alone(finding: Finding, plan: Plan) -> bool:
    """Whether a finding matters in a machine without compensations: in any machine, or something should be undone.

    A read of what is not there matters if no error has come before: every execution that takes this way fails.
    """
    if finding.in_any_machine:
        return True
    if finding.rule in (REFUSED_BY_AWS, WAITS_FOR_EVER, NO_SUCCESS, NEVER_CHOSEN, REPLACED_BY_RESULT):
        return True
    if finding.rule is READ_UNDEFINED and not any(moment.errors for moment in finding.story):
        return True
    if finding.rule is NEVER_ENDS:
        return finding.cause == A_CATCH_LEADS_BACK
    return any(step.undone_by_nothing and step.action in finding.states for step in plan.steps)


def _notes(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The notes of each rule as one, which names every state: hygiene is fixed everywhere at once."""
    for rule in dict.fromkeys(finding.rule for finding in findings):
        same = [finding for finding in findings if finding.rule is rule]
        names = once(*(state for finding in same for state in finding.states))
        whole = [] if all(finding.states for finding in same) else ["the machine as a whole"]
        message = f"this does not hold for {listed([*whole, *names])}: {rule.statement.rstrip('.')}"
        alone = len(same) == 1
        yield same[0] if alone else replace(same[0], states=names, message=message, fix=rule.fix.rstrip("."), story=())
