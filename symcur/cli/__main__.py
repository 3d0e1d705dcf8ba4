"""``python -m symcur.cli``, the same as the ``symcur`` command."""

from symcur.cli import main

main()
