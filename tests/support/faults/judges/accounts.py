"""Judges CustomerAccountCredit by the saga's ledger row, and every balance by the sum of its ledger rows."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from lambda_src.accounts.ledger import CREDITED
from lambda_src.errors import AccountCreditException
from lambda_src.forced_failures import FAIL_CREDIT
from tests.support.faults.judges.judge import (
    CustomerSuffix,
    Effect,
    Evidence,
    Judgement,
    Problem,
    Row,
    StepJudge,
    Tables,
)

ACCOUNTS: Final = "AccountsTableName"


def judge(evidence: Evidence) -> Judgement:
    """A credit that was not reversed is kept."""
    row = evidence.row(ACCOUNTS)
    if row is None:
        return Judgement(Effect.NOTHING, kept_minor=0)
    return Judgement(Effect.DONE if row["status"] == CREDITED else Effect.UNDONE, _kept_minor(row))


def balances(tables: Tables) -> Iterator[Problem]:
    """Each customer's balance, in however many rows, is the sum of the credits that were kept."""
    kept: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for row in tables.get(ACCOUNTS, ()):
        if "sagaId" in row:
            kept[row["customerId"]] += _kept_minor(row)
        if "balanceMinor" in row:
            there[row["customerId"]] += int(row["balanceMinor"])
    for customer, balance in there.items():
        if balance != kept[customer]:
            yield Problem("totals", f"a balance is {balance}, and its ledger rows add up to {kept[customer]}")


def _kept_minor(row: Row) -> int:
    return int(row["creditedMinor"]) - int(row["reversedMinor"])


JUDGE: Final = StepJudge(
    action="CustomerAccountCredit",
    tables=[ACCOUNTS],
    judge=judge,
    forces={AccountCreditException.__name__: CustomerSuffix(f"_{FAIL_CREDIT}")},
    totals=balances,
)
