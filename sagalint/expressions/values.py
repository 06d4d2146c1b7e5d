"""What is known of a value before a run: which fields it has, and which secrets are in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

NO_SECRETS: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Value:
    """A value as far as it is known.

    Attributes:
        fields: What it is known to have, by field.
        closed: Whether it is an object with no other field.
        secrets: The secret inputs that it is made of, beside those in its fields.
        origin: The state whose result or error it is, if it is one.
        in_capitals: Whether each of its fields begins with a capital, as in the answers of AWS.
    """

    fields: tuple[tuple[str, "Value"], ...] = ()
    closed: bool = False
    secrets: frozenset[str] = field(default=NO_SECRETS)
    origin: str = ""
    in_capitals: bool = False

    @property
    def all_secrets(self) -> frozenset[str]:
        """The secret inputs anywhere in it."""
        return self.secrets.union(*(inner.all_secrets for _, inner in self.fields)) if self.fields else self.secrets

    def get(self, name: str) -> "Value | None":
        """A field; None if it surely has none of this name."""
        known = dict(self.fields).get(name)
        if known is None and not self.closed and not (self.in_capitals and name[:1].islower()):
            return Value(secrets=self.secrets, origin=self.origin)
        return known

    def knows(self, name: str) -> bool:
        """Whether it is known to have a field."""
        return name in dict(self.fields)

    def put(self, path: Iterable[str], value: "Value") -> "Value":
        """The same with another value at a path."""
        name, *rest = [*path] or [""]
        if not name:
            return value
        inner = self.get(name) or EMPTY
        return replace(self, fields=_sorted({**dict(self.fields), name: inner.put(rest, value) if rest else value}))

    def flat(self) -> "Value":
        """The same as what some function makes of it: anything, with all its secrets."""
        return Value(secrets=self.all_secrets)


ANY: Final = Value()
EMPTY: Final = Value(closed=True)


def obj(fields: Mapping[str, Value], origin: str = "") -> Value:
    """An object with these fields and no other."""
    return Value(_sorted(fields), closed=True, origin=origin)


def either(one: Value, other: Value) -> Value:
    """A value that is one of two: what either of them may have."""
    mine, others = dict(one.fields), dict(other.fields)
    both = {name: either(mine.get(name, others.get(name, ANY)), others.get(name, mine.get(name, ANY))) for name in mine}
    return Value(
        _sorted({**others, **both}),
        one.closed and other.closed,
        one.secrets | other.secrets,
        one.origin or other.origin,
    )


def merged(values: Iterable[Value]) -> Value:
    """An object with the fields of several, the last ones winning."""
    whole = EMPTY
    for value in values:
        whole = Value(
            _sorted({**dict(whole.fields), **dict(value.fields)}),
            whole.closed and value.closed,
            whole.secrets | value.secrets,
        )
    return whole


def mixed(values: Iterable[Value]) -> Value:
    """Something made of several values."""
    return Value(secrets=NO_SECRETS.union(*(value.all_secrets for value in values)))


def error_in(value: Value) -> str | None:
    """The state whose error a value is, or a field of it: as a catcher puts it out, with nothing beside it."""
    if value.closed and value.origin and {name for name, _ in value.fields} == {"Error", "Cause"}:
        return value.origin
    return next((found for _, inner in value.fields if (found := error_in(inner))), None)


def replaced_by_error(value: Value) -> bool:
    """Whether a catcher has put an error in place of a value, whatever was placed beside it since."""
    return value.closed and bool(value.origin) and {"Error", "Cause"} <= {name for name, _ in value.fields}


def _sorted(fields: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(fields.items()))
