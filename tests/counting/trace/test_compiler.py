"""Tracing neither loads torch's compiler nor leaves a mark on torch."""

import subprocess
import sys

CODE = """
import sys, torch
from torch import nn
from joulewise.counting.trace import count_module
compiled = torch.compile
encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 24, batch_first=True), 3)
work = count_module(encoder, torch.ones(2, 7, 16))
assert work.method == "torch:meta", work.method
assert work.flops == 3 * 2 * 7 * (2 * 4 * 16 * 16 + 2 * 2 * 16 * 24 + 4 * 7 * 16)
assert "torch._dynamo" not in sys.modules
assert torch.compile is compiled
assert not hasattr(torch._refs.add.__wrapped__.__wrapped__, "__dynamo_disable")
"""


def test_a_fused_encoder_is_traced_without_the_compiler() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", CODE], check=True, timeout=120)
