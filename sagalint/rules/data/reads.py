"""Follows the data along every path: whether all that is read is there, whether results are kept, where secrets go."""

from collections import Counter, deque
from collections.abc import Iterator
from typing import Final

from sagalint.definition.errors import QUERY_FAILED, kind_of
from sagalint.definition.machine import Machine, State
from sagalint.expressions.scope import Missing, execution_input
from sagalint.expressions.values import Value, error_in
from sagalint.paths.happening import Happening, Moment
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.plan import Plan
from sagalint.rules.data.flow import Data, Flow, Handed, known_by_its_call
from sagalint.rules.data.made import handed_on_to
from sagalint.rules.data.places import CameBy, Place, Step, Variety, assigned_by, reads_inside, ways_out
from sagalint.rules.data.unplaced import unplaced_reads
from sagalint.rules.data.weight import BY_A_CATCH, caused_by_results, weighed
from sagalint.rules.finding import Finding, Level, Rule, listed

READ_UNDEFINED: Final = Rule(
    id="read-undefined",
    statement="Every variable and path that is read is defined on every path to the read.",
    consequence="The execution fails with States.Runtime or a failed query, where nothing expects it.",
    fix="Assign it on every way, in the catchers too; put results and errors beside the data with ResultPath.",
)
RESULT_ASSUMED: Final = Rule(
    id="result-assumed",
    statement="A function that replaces the data gives back what later states read.",
    consequence="If it does not, the execution fails with States.Runtime, where nothing expects it.",
    fix="Put its result beside the data with ResultPath, or name the fields that it gives back in `returns`.",
    level=Level.NOTE,
)
SECRET_LEAKS: Final = Rule(
    id="secret-leaks",
    statement="Secret inputs reach no state but those that are allowed them.",
    consequence="Card numbers stay in tables, queues and histories.",
    fix="Pass each state only the fields that it needs.",
)
OUTPUT_LOST: Final = Rule(
    id="output-lost",
    statement="The output of a saga that succeeds has the fields that its plan names.",
    consequence="The caller gets something else for an answer.",
    fix="Let the Output of the last state have them.",
)


def data_flow(machine: Machine, plan: Plan, roles: Roles, knowledge: Knowledge) -> Iterator[Finding]:
    """The missing fields that are read, and where secrets go, each with a shortest path to it."""
    explored = _Explored(machine, plan, roles, knowledge)
    yield from explored.findings.values()
    yield from unplaced_reads(machine, plan, roles, READ_UNDEFINED)


_MOST_PLACES: Final = 6_000
_FEWEST_PLACES: Final = 16
"""How many different data a state is followed with at least, however many states there are; the nearest come first."""
_MOST_KNOWN: Final = 4
"""How many values of the variables that conditions ask for one state with the same data is followed with at most."""


class _Explored:
    """Every place that a machine can come to, and what is wrong there."""

    def __init__(self, machine: Machine, plan: Plan, roles: Roles, knowledge: Knowledge) -> None:
        self._machine = machine
        self._knowledge = knowledge
        self._assigned = {name: frozenset(assigned_by(state)) for name, state in machine.states.items()}
        self._plan = plan
        self._roles = roles
        start = Place(machine.start, Data(execution_input(plan), (), ()))
        self._came_by = CameBy({start: None})
        self.findings: dict[tuple[str, str, str], Finding] = {}
        self._tolerated: dict[tuple[str, str], list[tuple[Place, Missing, tuple[str, ...]]]] = {}
        self._visits: Counter[str] = Counter()
        self._places: Counter[str] = Counter()
        most = max(_FEWEST_PLACES, _MOST_PLACES // len(machine.states))
        self._variety = Variety(min(_MOST_KNOWN, most // _FEWEST_PLACES))
        to_do = deque([start])
        while to_do:
            place = to_do.popleft()
            for after, step in self._follow(place):
                if after not in self._came_by and self._places[after.at] < most:
                    self._places[after.at] += 1
                    self._came_by[after] = step
                    to_do.append(after)
        self._note_what_is_never_there()

    def _follow(self, place: Place) -> Iterator[tuple[Place, Step]]:
        state = self._machine.states[place.at]
        flow = Flow(state, place.data, self._plan)
        expected = QUERY_FAILED in self._roles.answers(state.name)
        self._visits[state.name] += 1
        self._note(place, state, flow.missing, flow.handed, expected=expected)
        if state.name in self._roles.does or state.name in self._roles.undoes:
            self._note_what_an_error_replaced(place, state, flow.handed)
        within = place.data._replace(given=flow.arguments) if state.inner else place.data
        for inner, unread in reads_inside(state, within, self._plan, self._roles):
            self._note(place, inner, unread, [])
        for task in handed_on_to(state):
            if task.name in self._roles.does or task.name in self._roles.undoes:
                self._note_what_an_error_replaced(place, task, [Handed("hands it on", flow.arguments)])
        if state.type in ("Succeed", "Fail"):
            if state.type == "Succeed":
                data, missing, handed = flow.along(state.onward[0])
                self._note(place, state, missing, handed)
                self._note_output(place, state, data.given)
            return
        for way, errors in ways_out(state, self._roles, place.data, self._knowledge):
            data, missing, handed = flow.along(way)
            self._note(place, state, missing, handed, errors)
            if way.target is None and not errors:
                self._note_output(place, state, data.given)
            if way.target is not None:
                known = self._knowledge.assigned(place.data.known or (), state, way)
                after = self._variety.kept(Place(way.target, data._replace(known=known)))
                yield after, Step(place, errors)

    def _note(
        self,
        place: Place,
        state: State,
        missing: list[Missing],
        handed: list[Handed],
        errors: tuple[str, ...] = (),
        *,
        expected: bool = False,
    ) -> None:
        for one in missing:
            if one.answered and any(one.what.partition(".")[0][1:] in names for names in self._assigned.values()):
                continue
            if expected and "." in one.what:  # its state says by an error that it may not be there
                self._tolerated.setdefault((state.name, one.what), []).append((place, one, errors))
                continue
            lost_by = one.lost_by or state.name
            if one.assumed:
                self.findings.setdefault(("result-assumed", lost_by, state.name), _assumed(state, one))
                continue
            key = ("read-undefined", lost_by, state.name if one.lost_by else one.what)
            if key not in self.findings:
                self.findings[key] = self._undefined(place, state, one, errors)
        for hand in handed:
            allowed = {name for name, states in self._plan.secrets.items() if state.name in states}
            secrets = hand.value.all_secrets - allowed
            key = ("secret-leaks", state.name, "")
            if secrets and key not in self.findings and not self._may_have_all(state):
                reported = f"{state.name} {hand.to.replace(' it', f' {listed(sorted(secrets))}', 1)}"
                self.findings[key] = Finding(
                    SECRET_LEAKS,
                    (state.name,),
                    reported,
                    f"give {state.name} only the fields that it needs; if it must have this, allow it under "
                    f"secrets in the plan",
                    story=self._story(place, state, f"{reported}.", errors),
                    rests_on=(f"{listed(sorted(secrets))} are secret",) if self._plan.guessed else (),
                    cause="a secret" if self._plan.guessed else "",
                )

    def _may_have_all(self, state: State) -> bool:
        """Whether a function is given all that there is, and nobody has said that it must not."""
        return self._plan.guessed and state.type == "Task" and kind_of(state).names_of_its_own

    def _note_what_an_error_replaced(self, place: Place, state: State, handed: list[Handed]) -> None:
        """Notes a task that is handed an error whole, where its Catch has put it in place of all the data."""
        if lost_by := next((found for hand in handed if (found := error_in(hand.value))), None):
            what = f"the error of {lost_by} instead of its data"
            begins = "" if state.name == place.at else f"{place.at} begins, and "
            finding = Finding(
                READ_UNDEFINED,
                (lost_by, state.name),
                f"{state.name} is given {what}: a Catch of {lost_by} has replaced everything by it",
                f'put the error beside the rest ("ResultPath": "$.error" in the Catch of {lost_by})',
                story=self._story(place, self._machine.states[place.at], f"{begins}{state.name} is given {what}.", ()),
                cause=BY_A_CATCH if self._plan.guessed else "",
            )
            finding = weighed(finding, self._roles, state.name, lost_by)
            self.findings.setdefault(("read-undefined", lost_by, state.name), finding)

    def _note_what_is_never_there(self) -> None:
        for (name, what), reads in self._tolerated.items():
            if len(reads) >= self._visits[name]:
                place, one, errors = reads[0]
                found = self._undefined(place, self._machine.states[name], one, errors)
                self.findings.setdefault(("read-undefined", name, what), found)

    def _note_output(self, place: Place, state: State, output: Value) -> None:
        missing = [name for name in self._plan.output if not output.knows(name)]
        if missing:
            self.findings.setdefault(
                ("output-lost", state.name, ""),
                Finding(
                    OUTPUT_LOST,
                    (state.name,),
                    f"{state.name} ends the execution without {listed(missing)} in its output",
                    f"let its Output have {listed(missing)}",
                    story=self._story(place, state, f"{state.name} ends the execution.", ()),
                ),
            )

    def _undefined(self, place: Place, state: State, one: Missing, errors: tuple[str, ...]) -> Finding:
        states: tuple[str, ...] = (one.lost_by, state.name)
        never = ""
        if one.lost_by and one.by_error:
            why = f"a Catch of {one.lost_by} has replaced everything by the error"
            fix = f'put the error beside the rest ("ResultPath": "$.error" in the Catch of {one.lost_by})'
        elif one.lost_by and one.lost_by != state.name:
            never = known_by_its_call(self._roles.layout.states[one.lost_by])
            why = f"the result of {one.lost_by} has replaced what had it{never}"
            put = (
                'put its result beside the rest (ResultPath, an Output that keeps it), or nowhere ("ResultPath": null)'
            )
            unsure = f"let {one.lost_by} {put}; if its result has it, say so under returns in the plan"
            fix = f"let {one.lost_by} {put}" if never else unsure
        elif elsewhere := self._assigned_elsewhere(place, one.what):
            why = f"{elsewhere} has not assigned it, which does so on another way"
            fix = f"let {elsewhere} assign it on every way, in its catchers too"
            states = (elsewhere, state.name)
        else:
            why, fix = one.explained(state.name)
            states = (state.name,)
        reported = f"{state.name} reads {one.what}, and it is not there."
        finding = Finding(
            READ_UNDEFINED,
            states,
            f"{state.name} reads {one.what}, and {'' if never else 'on some path '}{why}",
            fix,
            story=self._story(place, state, reported, errors),
            cause=BY_A_CATCH if one.by_error and self._plan.guessed else one.lost_by and f"lost by {one.lost_by}",
            in_any_machine=bool(one.lost_by) and state.name in self._roles.layout.way_forward,
        )
        finding = weighed(finding, self._roles, state.name, self._came_by.failed_before(place))
        return caused_by_results(finding) if never else finding

    def _assigned_elsewhere(self, place: Place, what: str) -> str | None:
        """The last state before a place that assigns a variable, but not on the way that was taken."""
        before = (step.place.at for step in self._came_by.steps_to(place))
        return next((name for name in before if what[1:] in self._assigned[name]), None)

    def _story(self, place: Place, state: State, reported: str, errors: tuple[str, ...]) -> tuple[Moment, ...]:
        last = Moment(state.name, Happening.PASSED, errors, None, reported)
        return (*self._came_by.story(place), last)


def _assumed(state: State, one: Missing) -> Finding:
    message = f"{state.name} reads {one.what}, which the result of {one.lost_by} has if its function gives it back"
    beside = "put its result beside the data with ResultPath"
    fix = f"let {one.lost_by} {beside}, or say under returns in the plan that it has it"
    return Finding(RESULT_ASSUMED, (one.lost_by, state.name), message, fix)
