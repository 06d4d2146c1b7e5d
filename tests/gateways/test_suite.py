"""Every gateway keeps what `lambda_src.payments.gateway` asks of one."""

from tests.support.gateways.suite import GatewaySuite


class TestEveryGateway(GatewaySuite):
    """The suite, against each gateway in turn."""
