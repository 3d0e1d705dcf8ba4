"""Settle the claims: proofs, checks on models, numerical evidence; one verdict per claim."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from multiprocessing import active_children, get_context

import numpy as np

from symcur import models, running
from symcur.band_structures import BandStructure, Model
from symcur.brillouin import Interrupted
from symcur.claims import on_models
from symcur.claims.claim import CLAIMS, MODEL_TOLERANCE, CheckResult, Claim, ClaimResult
from symcur.claims.prover import ProofResult, examine
from symcur.observables.engine import KERNELS


@running.watched("verify")
def verify(
    claim: str | Claim,
    model: str | BandStructure | None = None,
    check_models: bool = True,
    faults: bool = False,
) -> ClaimResult:
    """Settle one claim of the ledger (or a Claim of your own).

    Equalities are settled by proof and, where they speak of numbers of one band, compared on models as closed form
    against eigenstates: on ``model``, or on every library model. Other claims run their numerical check. ``faults`` also
    runs it with each fault of the claim injected; one that it does not notice makes the verdict "failed".

    >>> import symcur as sc
    >>> sc.verify("torque-dipole", check_models=False).kind
    'proved'
    """
    claim = CLAIMS.get(claim)
    start = time.perf_counter()
    proofs = tuple(examine(equality) for equality in claim.equalities)
    checks = (_checked(claim),) if claim.check else ()
    candidates = _models(model) if check_models else ()
    readable = [p.equality for p in proofs if p.outcome == "proved" and on_models.readable(p.equality)]
    residuals = {
        m.name: float(np.max([on_models.residual(e, m) for e in readable])) for m in (candidates if readable else ())
    }
    kind, how = _combine(claim, proofs)
    if checks:
        kind, how = _with_check(claim, kind, how, checks[0])
    misses = [name for name, residual in residuals.items() if not residual <= MODEL_TOLERANCE]  # NaN is a miss
    if kind != "open" and misses:
        worst = misses[0]
        kind, how = "failed", f"closed form and eigenstates differ on {worst} by {residuals[worst]:.1e}"
    injected = {name: with_fault(claim, name) for name in claim.faults} if faults else {}
    result = ClaimResult(claim, kind, how, proofs, checks, time.perf_counter() - start, residuals, injected)
    if result.unnoticed:
        result = replace(result, kind="failed", how=f"the check does not notice: {'; '.join(result.unnoticed)}")
    return result


def with_fault(claim: str | Claim, name: str) -> CheckResult:
    """The numerical check of a claim with one of its faults injected; it must not hold."""
    claim = CLAIMS.get(claim)
    if name not in claim.faults or claim.check is None:
        raise ValueError(f"name: expected one of {', '.join(claim.faults) or '(none)'} for {claim.name}, got {name!r}")
    with claim.faults[name]():
        return _checked(claim)


def _checked(claim: Claim) -> CheckResult:
    """The outcome of its numerical check; NumPy has read a kernel at the momenta of one integral before LLVM has compiled it."""
    before = KERNELS.set("numpy")
    try:
        return claim.check()  # type: ignore[misc]
    finally:
        KERNELS.reset(before)


def verify_all(
    model: str | BandStructure | None = None,
    names: Iterable[str | Claim] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    faults: bool = False,
    workers: int = 1,
) -> list[ClaimResult]:
    """The whole ledger (or the claims given), in the order of the paper; ``progress(done, total, name)`` is called before each.

    ``workers`` is a number of processes, -1 for one per core, which keep to one core each. Not a bit of a verdict depends on it where NumPy keeps to one
    core here too (OPENBLAS_NUM_THREADS=1 before it is imported, as for the command); else residuals may, in their last digits. Claims that are not in
    the ledger as it comes are settled by the calling process. Ctrl-C raises ``Interrupted``, whose ``result`` holds the verdicts so far.

    >>> import symcur as sc
    >>> [result.kind for result in sc.verify_all("rashba", ["torque-dipole", "intrinsic-geometry"])]
    ['proved', 'misprint']
    """
    chosen = [CLAIMS.get(name) for name in names] if names is not None else list(CLAIMS)
    verdicts: list[ClaimResult] = []
    given = None if progress is None else (lambda done, name: progress(done, len(chosen), name))
    with (
        running.reported("claims", given, len(chosen)) as report,
        _elsewhere(chosen, model, faults, workers) as given_out,
    ):
        for number, claim in enumerate(chosen):
            try:
                report(number, claim.name)
                if number in given_out:
                    verdicts.append(replace(given_out[number].result(), claim=claim))
                else:
                    verdicts.append(verify(claim, model, faults=faults))
            except KeyboardInterrupt:
                for later in range(number, len(chosen)):
                    if later in given_out and given_out[later].done() and given_out[later].exception() is None:
                        verdicts.append(replace(given_out[later].result(), claim=chosen[later]))
                raise Interrupted(verdicts, f"after {len(verdicts)} of {len(chosen)} claims") from None
        report(len(chosen), "")
    return verdicts


_THREADS = "OPENBLAS_NUM_THREADS"  # read by NumPy and SciPy when they are imported
_LEDGER = tuple(CLAIMS)  # as it comes: what every process has


@contextmanager
def _elsewhere(
    chosen: Sequence[Claim], model: str | BandStructure | None, faults: bool, workers: int
) -> Iterator[dict[int, Future[ClaimResult]]]:
    """The verdicts, by place and without their claims, that other processes work on, which end with the context."""
    if isinstance(workers, bool) or not isinstance(workers, int) or (workers < 1 and workers != -1):
        raise ValueError(f"workers: expected a positive integer or -1 (all cores), got {workers!r}")
    places = [number for number, claim in enumerate(chosen) if any(claim is known for known in _LEDGER)]
    count = min(os.cpu_count() or 1 if workers == -1 else workers, len(places), running.MOST_PROCESSES)
    if count < 2:
        yield {}
        return
    given_out: dict[int, Future[ClaimResult]] = {n: Future() for n in places}
    shares = [[int(n) for n in share] for share in np.array_split(places, count)]
    others, lock = set(active_children()), threading.Lock()
    pools = [ProcessPoolExecutor(1, mp_context=get_context("spawn")) for _ in shares]

    def taken(own: list[int]) -> int | None:
        """The next of a share, or the last of the largest once it is empty: claims next to each other have much in common."""
        with lock:
            share = own or max(shares, key=len)
            return share.pop(0 if share is own else -1) if share else None

    def settle(pool: ProcessPoolExecutor, own: list[int]) -> None:
        while (n := taken(own)) is not None:
            try:
                given_out[n].set_result(pool.submit(_without_claim, chosen[n].name, model, faults).result())
            except BaseException as error:
                given_out[n].set_exception(error)

    try:
        with ThreadPoolExecutor(count) as threads:
            try:
                with _without_ctrl_c(), _on_one_core():
                    for pool in pools:
                        pool.submit(_ready)  # its process starts
                for pool, share in zip(pools, shares, strict=True):
                    threads.submit(settle, pool, share)
                yield given_out
            except BaseException:
                with lock:
                    for share in shares:
                        share.clear()
                for process in set(active_children()) - others:
                    process.terminate()
                raise
    finally:
        for pool in pools:
            pool.shutdown()  # its process has ended


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Processes that start now leave Ctrl-C to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _on_one_core() -> Iterator[None]:
    """Processes that start now do not spread linear algebra on small matrices over cores that others work on."""
    before = os.environ.get(_THREADS)
    os.environ.setdefault(_THREADS, "1")
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]


def _ready() -> None:
    """The first task of a process, which imports what claims need."""
    running.collect_seldom()


def _without_claim(name: str, model: str | BandStructure | None, faults: bool) -> ClaimResult:
    """A verdict as it goes from process to process; the checks of claims are functions, which do not."""
    return replace(verify(name, model, faults=faults), claim=None)  # type: ignore[arg-type]


def _models(model: str | BandStructure | None) -> Iterable[Model]:
    if not model:
        return (_made(models.MODELS.get(name)) for name in models.names())
    chosen = models.named(model) if isinstance(model, str) else model
    if not isinstance(chosen, Model):
        raise TypeError(f"model: expected one given by formulas, for its closed forms, got {chosen!r}")
    return (chosen,)


@lru_cache(maxsize=64)
def _made(maker: Callable[[], Model]) -> Model:
    return maker()


def _combine(claim: Claim, proofs: tuple[ProofResult, ...]) -> tuple[str, str]:
    """The kind of verdict that the outcomes of all equalities amount to."""
    if not proofs:
        return "open", claim.why_open
    asserted = [p for p in proofs if p.equality.role in ("claim", "corrected")]
    printed = [p for p in proofs if p.equality.role == "printed"]
    for proof in proofs:
        if proof.outcome not in ("proved", "refuted"):
            return "open", proof.how
        if proof.outcome == "proved" and proof.equality.role in ("denied", "printed"):
            return "failed", f"recorded as untrue but proved: {proof.equality.note}"
    refuted = next((p for p in asserted if p.outcome == "refuted"), None)
    if refuted or (printed and not asserted):
        return "refuted", f"counterexample: {(refuted or printed[0]).counterexample}"
    if printed:
        return "misprint", "as printed refuted by a counterexample in exact arithmetic; as corrected proved"
    return "proved", asserted[0].how


def _with_check(claim: Claim, kind: str, how: str, check: CheckResult) -> tuple[str, str]:
    """A check that holds supports what the ledger records; a proof beside it stays the stronger means."""
    if not check.holds:
        return "failed", f"the check does not hold: {check.text}"
    return (claim.recorded, check.text) if kind == "open" else (kind, how)
