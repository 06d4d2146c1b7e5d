"""What every service is built on: the stage's settings and the one key."""

from dataclasses import dataclass

from wild_rydes_saga.foundation.encryption import Encryption
from wild_rydes_saga.settings import Settings


@dataclass(frozen=True)
class Shared:
    """The stage's settings, and the key under which everything is kept."""

    settings: Settings
    encryption: Encryption
