"""The table of rates: the limits in their order, and what is raised for each rate."""

from tools.limits import RATES, limits, one_customer, page


def test_the_first_limit_of_standard_is_the_start() -> None:
    [lowest, *_] = limits(express=False, table_units=4, invocations=2)
    assert (lowest.name, lowest.rides) == ("StartExecution, Standard", 300)


def test_on_express_a_new_table_is_the_first_limit() -> None:
    [lowest, *others] = limits(express=True, table_units=4, invocations=2)
    assert (lowest.name, lowest.rides) == ("a new table's writes", 1000)
    assert [one.rides for one in others] == sorted(one.rides for one in others)


def test_callers_who_wait_meet_a_limit_before_those_who_do_not() -> None:
    found = {one.name: one.rides for one in limits(express=True, table_units=4, invocations=2)}
    assert found["StartSyncExecution, at once"] < found["StartExecution, Express"]


def test_one_customer_has_500_rides_a_second_in_one_row() -> None:
    assert one_customer().rides == 500


def test_each_rate_names_all_that_it_exceeds_and_its_cost() -> None:
    text = page({"Express": limits(express=True, table_units=4, invocations=2)}, {"Express": 10.0})
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("| ")}
    assert [f"{rate:,}" in rows for rate in RATES] == [True] * len(RATES)
    assert "nothing" in rows["1"]
    assert "StartExecution" not in rows["1,000"]
    assert "StartExecution, Express" in rows["10,000"]
    assert rows["1"].endswith("| 26 |")
