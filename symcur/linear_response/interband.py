"""The current of s that disorder creates between the bands, from the Born collision operator and projectors alone.

In the steady state the collision operator C of the golden rule, acting on the occupation df of the Fermi lines, feeds the
elements of the density matrix between bands. Their current of s = P-diagonal part + A is J_od = -Tr[(s r)^od C^od(df)]. For
impurities that commute with s and r, on nodes a of the Fermi lines with all bands n at k_a,

    J_od^{il} = sum_ab q_a q_b [lambda_l(b) - lambda_l(a)] pi C {Im<a|d_iA|b><b|a> - 2 Re<a|B_i|b><b|a>},
    A = s - sum_n P_n s P_n,   B_i = (i/2) sum_n (d_iP_n s P_n - P_n s d_iP_n),

C the correlator of the potential. Its slope would enter as pi (d_{k_a} C) Im<a|A|b><b|a>, which is symmetric in a and b and
drops out. No shift of a coordinate enters, nor a dipole of s. Source: C [46].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symcur.arrays import AnyArray, Array
from symcur.band_structures import BandStructure
from symcur.band_structures.hermitian import eigenvectors
from symcur.linear_response.expansion import Estimate
from symcur.linear_response.fermi_lines import (
    STEP,
    Channel,
    Nodes,
    carried_by_nodes,
    difference,
    mean_free_paths,
    polar_lines,
)


def interband_transport(
    model: BandStructure, mu: float, channels: Sequence[Channel], *, reach: float, angles: int = 72
) -> dict[str, Estimate]:
    """Currents [i, l] at T = 0 in first Born order, e = hbar = 1, for impurities whose Gamma commutes with s.

    ``interband`` is J_od. ``at_packets`` is the current whose divergence is minus the rate at which the collision operator changes
    the band-diagonal part of s where df varies as exp(i q.r): to first order in q, each packet at its own centre. The error is the
    change from two thirds of the angles.
    """
    s = model.matrix("s", np.zeros(2))
    if any(np.abs(Gamma @ s - s @ Gamma).max() > 1e-12 for Gamma, _ in channels):
        raise ValueError(f"channels: expected matrices that commute with s of {model.name}, got one that does not")
    coarse, fine = (_currents(model, mu, channels, reach, count) for count in (2 * angles // 3, angles))
    return {name: Estimate(fine[name], np.abs(fine[name] - coarse[name]), angles) for name in fine}


def _currents(
    model: BandStructure, mu: float, channels: Sequence[Channel], reach: float, angles: int
) -> dict[str, Array]:
    nodes = polar_lines(model, mu, reach, angles)
    w, v, _ = carried_by_nodes(model, nodes, channels)
    q, paths = nodes.weight, mean_free_paths(nodes, w, v)
    u = _states(model, nodes, np.zeros(2))
    found: dict[str, list[Any]] = {"interband": [], "at_packets": []}
    for axis in STEP * np.eye(2):
        collision = _collision(model, nodes, u, channels, axis)
        found["interband"].append((q * (q @ collision - collision @ q)) @ paths)
        found["at_packets"].append((q * (q @ _moved(model, nodes, channels, axis))) @ paths)
    return {name: np.array(rows) for name, rows in found.items()}


def _states(model: BandStructure, nodes: Nodes, shift: Array) -> AnyArray:
    """The states (M, N) at k + shift, in the phases that the eigensolver happens to give."""
    states = eigenvectors(model.matrix("H", nodes.k + shift))[1]
    return np.asarray(states[np.arange(len(nodes.k)), :, nodes.band])


def between_bands(model: BandStructure, nodes: Nodes, axis: Array) -> tuple[AnyArray, AnyArray]:
    """d_iA and B_i at the nodes, (M, N, N), from differences of projectors."""

    def projectors(shift: Array) -> AnyArray:
        U = eigenvectors(model.matrix("H", nodes.k + shift))[1]
        return np.asarray(np.einsum("kan,kbn->knab", U, U.conj()))

    P, dP, s = projectors(np.zeros(2)), difference(projectors, axis), model.matrix("s", nodes.k[0])
    turned, back = dP @ s @ P, P @ s @ dP
    return -(turned + back).sum(axis=1), 0.5j * (turned - back).sum(axis=1)


def _strengths(nodes: Nodes, channels: Sequence[Channel]) -> list[tuple[Array, Any]]:
    """Gamma and the correlator at the momentum transfers [a, b] of every channel."""
    square = ((nodes.k[:, None] - nodes.k) ** 2).sum(axis=-1)
    return [(Gamma, correlator(square)) for Gamma, correlator in channels]


def _collision(model: BandStructure, nodes: Nodes, u: AnyArray, channels: Sequence[Channel], axis: Array) -> Array:
    """The bracket of J_od, [a, b]."""
    dA, B = between_bands(model, nodes, axis)
    total: Any = 0.0
    for Gamma, strength in _strengths(nodes, channels):
        overlap = (u.conj() @ Gamma @ u.T).T  # <b|Gamma|a>
        turned, rotated = (np.einsum("ma,mab->mb", u.conj(), X) @ Gamma @ u.T * overlap for X in (dA, B))
        total = total + np.pi * strength * (turned.imag - 2 * rotated.real)
    return np.asarray(total)


def _moved(model: BandStructure, nodes: Nodes, channels: Sequence[Channel], axis: Array) -> Array:
    """[b, a]: what a collision a -> b moves of s, counted from the centre of the incoming packet.

    The packet is |a+><a-| with the states at k +- q/2 and the phase that puts the density <a-|exp(-i q.r)|a+> at the origin. The golden
    rule makes of it Gamma|a+><a-|Gamma in |b+><b-|, less the packet itself; -i q times the moment is the term of first order.
    """
    s = model.matrix("s", nodes.k[0])
    total: Any = 0.0
    for Gamma, strength in _strengths(nodes, channels):

        def rate(q: Array, Gamma: Array = Gamma) -> AnyArray:
            plus, minus = (_states(model, nodes, sign * q / 2) for sign in (1, -1))
            there, back = (
                plus.conj() @ Gamma @ plus.T,
                (minus.conj() @ Gamma @ minus.T).conj(),
            )  # <b+|Gamma|a+>, <a-|Gamma|b->
            of_s = np.einsum("ma,ab,mb->m", minus.conj(), s, plus)  # <-|s|+>
            lost = (np.abs(there) ** 2 + np.abs(back) ** 2) / 2 * of_s
            return np.asarray((of_s[:, None] * there * back - lost) * (plus.conj() * minus).sum(axis=-1))

        total = total - 2 * np.pi * strength * difference(rate, axis).imag
    return np.asarray(total)
