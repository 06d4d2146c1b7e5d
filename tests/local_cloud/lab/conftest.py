"""What `make check` and `make ride` get: where they print, and which stack."""

from tests.local_cloud.commands.conftest import console, stack

__all__ = ["console", "stack"]
