"""Where MiniStack 1.5.33 differs from AWS, patched in process. The only folder that touches the emulator's insides.

Each patch says what AWS does. A test in `tests/local_cloud/emulator/test_patches*.py` fails when the
emulator does it by itself, so that the patch can go.
"""

from wild_rydes_saga.emulator.patches.alarms import patch_metric_math
from wild_rydes_saga.emulator.patches.change_sets import patch_import_of_secrets, patch_outputs
from wild_rydes_saga.emulator.patches.executions import patch_executions_of_versions
from wild_rydes_saga.emulator.patches.express import patch_express
from wild_rydes_saga.emulator.patches.expressions import patch_histories, patch_parsing
from wild_rydes_saga.emulator.patches.function_versions import patch_function_versions
from wild_rydes_saga.emulator.patches.functions import (
    patch_environments,
    patch_function_credentials,
    patch_handler_errors,
)
from wild_rydes_saga.emulator.patches.generated_names import patch_generated_names
from wild_rydes_saga.emulator.patches.messages import patch_events_under_a_key, patch_sns_attributes
from wild_rydes_saga.emulator.patches.versions import patch_versions


def patch_all() -> None:
    """Applies every patch, once, before the emulator starts; raises `PatchError` if one does not fit."""
    patch_function_credentials()
    patch_handler_errors()
    patch_environments()
    patch_function_versions()
    patch_generated_names()
    patch_outputs()
    patch_sns_attributes()
    patch_versions()
    patch_executions_of_versions()
    patch_express()
    patch_parsing()
    patch_histories()
    patch_metric_math()
    patch_events_under_a_key()
    patch_import_of_secrets()
