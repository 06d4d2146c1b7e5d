"""The walks, the failing network and AWS at its worst, on the stack whose gateway is Stripe."""

import pytest

from tests.faults.test_aws_at_its_worst import (
    as_patient_as_deployed,
    some_grace,
    test_a_failure_that_left_nothing_costs_no_recovery_and_no_api_call,
    test_an_outage_of_twice_the_patience_parks_nothing,
    test_an_overload_ends_by_itself_and_parks_nothing,
    test_every_ride_is_found_whatever_becomes_of_its_event,
    test_throttled_writes_roll_back_no_good_ride,
)
from tests.faults.test_network import proxy, test_a_failing_network_leaves_every_ride_completed_or_undone
from tests.faults.test_walks import test_a_kept_story_ends_well, test_a_random_walk_ends_well

__all__ = [
    "as_patient_as_deployed",
    "proxy",
    "some_grace",
    "test_a_failing_network_leaves_every_ride_completed_or_undone",
    "test_a_failure_that_left_nothing_costs_no_recovery_and_no_api_call",
    "test_a_kept_story_ends_well",
    "test_a_random_walk_ends_well",
    "test_an_outage_of_twice_the_patience_parks_nothing",
    "test_an_overload_ends_by_itself_and_parks_nothing",
    "test_every_ride_is_found_whatever_becomes_of_its_event",
    "test_throttled_writes_roll_back_no_good_ride",
]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
