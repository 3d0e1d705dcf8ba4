"""The command line, one file per command; ``symcur.cli.commands`` puts them together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from signal import SIGINT


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the ``symcur`` command: errors in the input, and files that fail, are one line on stderr and exit status 2."""
    try:
        from symcur.cli.commands import app

        app(args=None if arguments is None else list(arguments), prog_name="symcur")
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"symcur: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(128 + SIGINT)
