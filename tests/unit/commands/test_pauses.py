"""How often an operator's command asks AWS for the same thing: other callers share the rates of its reads."""

from itertools import islice, pairwise

from wild_rydes_saga.deployed.account import FEWEST_SECONDS, Account


def test_aws_is_asked_every_five_seconds_at_most_and_less_often_each_time() -> None:
    pauses = list(islice(Account().pauses(local_seconds=0.1), 20))
    assert pauses[0] == FEWEST_SECONDS == 5
    assert all(one <= other for one, other in pairwise(pauses))
    assert pauses[-1] == 30


def test_the_local_cloud_is_asked_as_often_as_is_said() -> None:
    assert set(islice(Account("http://127.0.0.1:1").pauses(local_seconds=0.1), 20)) == {0.1}
