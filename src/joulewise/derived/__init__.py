"""Facts that are computed from other facts: rebuilt by ``joulewise catalog update``, the same each time."""

from joulewise.derived.derivation import Derivation, Steps
from joulewise.derived.update import DERIVATIONS, FileChange, update

__all__ = ["DERIVATIONS", "Derivation", "FileChange", "Steps", "update"]
