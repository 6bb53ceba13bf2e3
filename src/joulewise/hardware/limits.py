"""The minimum energy of an operation by physics, if the arithmetic erases as many bits as ordinary circuits do.

References
----------
.. [1] R. Landauer, Irreversibility and heat generation in the computing process, IBM Journal of Research and
   Development 5, 1961: erasing a bit takes at least k T ln 2.
.. [2] BIPM, The International System of Units, 9th ed., 2019: the Boltzmann constant is exact.
.. [3] N. H. E. Weste and D. M. Harris, CMOS VLSI Design, 4th ed., 2011, section 11.9: the array multiplier.
"""

from __future__ import annotations

import math

from joulewise.errors import InputError
from joulewise.formats import format_named

BOLTZMANN_J_PER_K = 1.380649e-23
ROOM_K = 300.0


def landauer_j(temperature_k: float = ROOM_K) -> float:
    """Return the minimum energy to erase one bit, k T ln 2 [1]_ [2]_. [J]

    Parameters
    ----------
    temperature_k : float
        Of the surroundings that take the heat. [K]

    Raises
    ------
    InputError
        If the temperature is not above zero.

    Examples
    --------
    >>> f"{landauer_j(300):.3e}"
    '2.871e-21'
    """
    if not temperature_k > 0:
        raise InputError(f"a temperature must be above 0 K, not {temperature_k}")
    return BOLTZMANN_J_PER_K * temperature_k * math.log(2)


def bit_erasures(number_format: str) -> float:
    """Return the number of bits that an ordinary circuit erases per operation, half a multiply-add.

    Parameters
    ----------
    number_format : str
        As `formats.format_named` takes it.

    Raises
    ------
    UnknownNameError
        If the format is not known.

    Notes
    -----
    An array multiplier [3]_ of m-bit significands has m² AND gates and m (m - 1) full adders; adding the product to a
    sum of w bits takes w full adders more. Each is assumed to erase one bit. Exponents, rounding, registers and wires
    are left out, so real circuits erase more; reversible ones could erase fewer.
    """
    known = format_named(number_format)
    m, w = known.significand_bits, known.sum_bits
    return (m * m + m * (m - 1) + w) / 2


def landauer_op_j(number_format: str, temperature_k: float = ROOM_K) -> float:
    """Return the minimum energy of one operation, half a multiply-add, if it erases `bit_erasures` bits. [J]"""
    return bit_erasures(number_format) * landauer_j(temperature_k)
