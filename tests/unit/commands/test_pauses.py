"""How often an operator's command repeats a read of AWS: it shares the quotas with other callers."""

from itertools import islice, pairwise

from wild_rydes_saga.deployed.account import FEWEST_SECONDS, Account


def test_aws_is_read_every_five_seconds_at_most_and_then_less_often() -> None:
    pauses = list(islice(Account().pauses(local_seconds=0.1), 20))
    assert pauses[0] == FEWEST_SECONDS == 5
    assert all(one <= other for one, other in pairwise(pauses))
    assert pauses[-1] == 30


def test_the_local_cloud_is_read_with_the_given_pause() -> None:
    assert set(islice(Account("http://127.0.0.1:1").pauses(local_seconds=0.1), 20)) == {0.1}
