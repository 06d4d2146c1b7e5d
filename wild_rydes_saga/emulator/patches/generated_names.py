"""The names that CloudFormation generates."""

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]


def patch_generated_names() -> None:
    """A new stack of an old name generates other names, so nothing that an earlier one left behind is overwritten.

    AWS: "CloudFormation assigns a unique physical ID" ("Name Type"). The emulator
    derives a name from the stack's name and the logical id alone. The next stack
    then creates its empty table over the one that was kept.
    """
    from ministack.services import cloudformation
    from ministack.services.cloudformation import provisioners

    generate: Call = provisioners._physical_name

    def generate_for_this_stack(stack_name: str, logical_id: str, **options: Any) -> Any:
        stack = cloudformation._stacks.get(stack_name) or {}
        seed = provisioners._NAME_SEED
        # The stack's id stays as long as the stack: an update finds its resources under their names.
        token = seed.set(f"{stack.get('StackId', '')}{seed.get()}")
        try:
            return generate(stack_name, logical_id, **options)
        finally:
            seed.reset(token)

    provisioners._physical_name = generate_for_this_stack
