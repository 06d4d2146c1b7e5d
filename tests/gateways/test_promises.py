"""Every gateway keeps what `lambda_src.payments.gateway` asks of one."""

from tests.support.gateways.promises import GatewayPromises


class TestEveryGateway(GatewayPromises):
    """The suite, against each gateway in turn."""
