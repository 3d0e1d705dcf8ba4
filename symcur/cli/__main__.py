"""``python -m symcur.cli``, the same as the ``symcur`` command."""

from symcur.cli import main

if __name__ == "__main__":
    main()
