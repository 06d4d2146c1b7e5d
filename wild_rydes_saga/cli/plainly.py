"""Runs a command so that its user never sees a stack trace, on any terminal, into any pipe."""

import codecs
import contextlib
import errno
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Final, NoReturn

from wild_rydes_saga.emulator.ending import ENDINGS
from wild_rydes_saga.emulator.record import FOLDER, write_private

_FAILED: Final = 1
_INTERRUPTED: Final = 130
_DETAILS: Final = FOLDER / "error.log"
_IN_ASCII: Final = {"…": "...", "✓": "ok", "✗": "failed", "→": "->", "×": "x", "–": "-", "—": "-"}
_PLAIN: Final = "plain"
_NO_WRITING: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT)


def run_plainly(command: Callable[[], int], *expected: type[Exception], failed: int = _FAILED) -> int:
    """Runs a command and returns its exit code; says in a line or two why it failed.

    Args:
        command: The command; returns an exit code.
        expected: Errors whose message is made for the user.
        failed: The exit code of a command that fails.
    """
    write_what_the_terminal_can_show()
    # SIGINT too: a script's background job, a CI's perhaps, is started with it ignored.
    for ending in ENDINGS:
        signal.signal(ending, _interrupt)
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failed
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")
        return _INTERRUPTED
    except expected as error:
        _say(str(error))
    except OSError as error:
        _say(in_words(error))
    except Exception as error:
        _say(f"unexpected: {type(error).__name__}: {error}{_keep_details()}")
    else:
        return code
    return failed


def write_what_the_terminal_can_show() -> None:
    """Replaces the characters that the terminal's encoding lacks, instead of failing on them."""
    codecs.register_error(_PLAIN, _in_plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN)


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_IN_ASCII.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


def in_words(error: OSError) -> str:
    """What the system refused, with the fix."""
    where = f" {error.filename}" if error.filename else ""
    if error.errno in _NO_SPACE:
        return f"the disk is full: cannot write{where}. Free some space, then run this again"
    if error.errno in _NO_WRITING:
        return f"cannot write{where}: {error.strerror}. Use a checkout that belongs to you"
    return f"{error.strerror or error}{where and ':'}{where}"


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        for line in f"error: {text}".splitlines():
            sys.stderr.write("".join(letter if letter.isprintable() else "?" for letter in line) + "\n")
        sys.stderr.flush()


def _keep_details() -> str:
    """Keeps the stack trace for whoever fixes this, if it can be kept; returns a sentence that says where."""
    try:
        FOLDER.mkdir(exist_ok=True)
        write_private(_DETAILS, traceback.format_exc())
    except OSError:
        return ""
    return f"\nThe details are in {_DETAILS}"


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
