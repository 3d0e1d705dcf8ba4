"""What a shell completes: names of models and files of them, quantities, observables and claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

ENDINGS = (".toml", ".py")


def models(incomplete: str) -> Iterator[str]:
    """Models of the library, and files in the directory that was begun with."""
    from symcur import bosons
    from symcur import models as library

    yield from _begun([*library.names(), *library.NUMERIC.names(), *bosons.names()], incomplete)
    yield from _files(incomplete)


def quantities(incomplete: str) -> Iterator[str]:
    from symcur import quantities as registered

    return _begun(registered.names(), incomplete)


def observables(incomplete: str) -> Iterator[str]:
    from symcur import observables as registered

    return _begun(registered.names(), incomplete)


def quantities_and_observables(incomplete: str) -> Iterator[str]:
    yield from quantities(incomplete)
    yield from observables(incomplete)


def claims(incomplete: str) -> Iterator[str]:
    from symcur import claims as registered

    yield from _begun(registered.names(), incomplete)
    yield from (name for name in _files(incomplete) if not name.endswith(".py"))


def _begun(names: Iterable[str], incomplete: str) -> Iterator[str]:
    return (name for name in names if name.startswith(incomplete))


def _files(incomplete: str) -> Iterator[str]:
    folder, _, begun = incomplete.rpartition("/")
    try:
        found = sorted(Path(f"{folder}/" if folder or incomplete.startswith("/") else ".").iterdir())
    except OSError:
        return
    for path in found:
        if path.name.startswith(begun) and (path.is_dir() or path.suffix in ENDINGS):
            yield f"{folder}/{path.name}" if "/" in incomplete else path.name
