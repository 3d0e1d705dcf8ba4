"""The command line, one file per command; ``symcur.cli.commands`` puts them together."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from signal import SIGINT

from symcur.cli.spelling import spell_what_is_missing
from symcur.running import collect_seldom


def _with_target(arguments: Sequence[str]) -> list[str]:
    """``verify --json`` without a file means stdout, as ``--json -`` does."""
    found = list(arguments)
    if found[:1] == ["verify"]:
        for j in reversed(range(len(found))):
            if found[j] == "--json" and not (found[j + 1 :] and _is_target(found[j + 1])):
                found.insert(j + 1, "-")
    return found


def _is_target(text: str) -> bool:
    """Whether this names a file or stdout, and not a claim or an option."""
    return text == "-" or (not text.startswith("-") and not text.endswith(".toml") and any(c in text for c in "./\\"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the ``symcur`` command: errors in the input, and files that fail, are one line on stderr and exit status 2."""
    spell_what_is_missing()
    collect_seldom()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["verify"]:
        # Before NumPy is loaded. Small matrices cost less on one core, and how many share them shows in the last bits.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from symcur.cli.commands import app

        app(args=_with_target(given), prog_name="symcur")
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"symcur: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(128 + SIGINT)
