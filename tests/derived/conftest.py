"""Counting timm's networks needs the stand-ins for torchvision's operators."""

from tests.counting.conftest import *  # noqa: F403
