"""The alarms of rides that need their recovery, and of the recovery itself."""

from typing import Final

from wild_rydes_saga.monitoring.alarm import Alarm
from wild_rydes_saga.monitoring.metrics import Metrics

_LONGEST_BEHIND_SECONDS: Final = 1800


def recovery_alarms(metrics: Metrics) -> list[Alarm]:
    """Of rides that need their recovery, and of the recovery itself."""
    return [
        Alarm(
            name="RollbackIncomplete",
            metric=metrics.incomplete_rollbacks(),
            threshold=1,
            periods=1,
            happened="A compensation gave up: a rider may be charged for a ride that failed.",
            do="nothing yet, its recovery goes on trying. See what the refund or the account answers; it is"
            " parked, with an alarm of its own, if the recovery gives up too.",
        ),
        Alarm(
            name="RecoveryBusy",
            metric=metrics.rides_to_recover(),
            threshold=10,
            periods=3,
            happened="Rides need their recovery all the time: executions end badly, not by declined cards alone.",
            do="find the task on which the rides end (RidesFailing), and fix what it calls.",
        ),
        *_fare_alarms(metrics),
        *_silence_alarms(metrics),
    ]


def _fare_alarms(metrics: Metrics) -> list[Alarm]:
    """Of fares that the recovery cannot settle, park or inspect."""
    return [
        Alarm(
            name="FaresOverdue",
            metric=metrics.fares_overdue(),
            threshold=1,
            periods=3,
            happened="The sweep finds fares that stay unsettled although their recovery was started.",
            do="run `make rides ARGS=--aws`, and inspect the last recovery of each.",
        ),
        Alarm(
            name="FaresUnreadable",
            metric=metrics.fares_unreadable(),
            threshold=1,
            periods=1,
            happened="Unsettled rows of the fares table name no saga: no recovery can find out what was done.",
            do="find them with the runbook's command; a machine of yours writes them, or a person did.",
        ),
        Alarm(
            name="ParkingFailed",
            metric=metrics.failed_parkings(),
            threshold=1,
            periods=2,
            happened="A ride cannot be handed to a person: the parked queue takes no message. It is tried each minute.",
            do="see the log of StartRecoveries; the queue, its key or its policy refuses.",
        ),
        Alarm(
            name="InspectionFailing",
            metric=metrics.failed_inspections(),
            threshold=1,
            periods=3,
            happened="InspectExecution fails again and again: no recovery can begin.",
            do="see the error's name in its log: a throttle passes, a permission or a missing setting does not.",
        ),
    ]


def _silence_alarms(metrics: Metrics) -> list[Alarm]:
    """Of what must run all the time, or keep up."""
    return [
        Alarm(
            name="StartSilent",
            metric=metrics.starts(),
            threshold=1,
            periods=3,
            happened="No recovery has been started for a quarter of an hour, whatever is due.",
            do="see the log of StartRecoveries and whether its rule is enabled.",
            silence_is_wrong=True,
        ),
        Alarm(
            name="RecoveryBehind",
            metric=metrics.recovery_delay_seconds(),
            threshold=_LONGEST_BEHIND_SECONDS,
            periods=3,
            happened="Executions that ended badly have waited for half an hour to be checked in the tables.",
            do="see the logs of QueueRecoveries and RecordOutcomes, and the throttles of the outcomes table. Nothing is"
            " lost: it is worked off once they run.",
        ),
        Alarm(
            name="MessagesUnreadable",
            metric=metrics.unreadable_messages(),
            threshold=1,
            periods=1,
            happened="A recovery's queue got a message that no saga and no event sends.",
            do="see who may publish to the topic, or send to the queue.",
        ),
        Alarm(
            name="SweepSilent",
            metric=metrics.sweeps(),
            threshold=1,
            periods=3,
            happened="The sweep has not run through for a quarter of an hour: a lost event would leave a ride.",
            do="see the sweep's log and whether its rule is enabled.",
            silence_is_wrong=True,
        ),
    ]
