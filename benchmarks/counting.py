"""Time and memory of counting, with their limits: a 405B configuration, a 70B-shaped module on meta, and its memory.

Run: python benchmarks/counting.py
"""

import subprocess
import sys

LIMIT_CONFIG_S, LIMIT_MODULE_S, LIMIT_MODULE_MB = 0.050, 2.0, 500

CONFIG = """
import time, sys
from joulewise.counting.config import count_config
config = {"model_type": "llama", "hidden_size": 16384, "intermediate_size": 53248, "num_hidden_layers": 126,
          "num_attention_heads": 128, "num_key_value_heads": 8, "vocab_size": 128256}
start = time.perf_counter()
work = count_config(config, output_tokens=256, batch_size=8)
taken = time.perf_counter() - start
assert "torch" not in sys.modules
print(taken, 0)
"""
MODULE = """
import resource, time, torch
from torch import nn
from joulewise.counting.trace import count_module

class Block(nn.Module):
    def __init__(self, h=8192, kv=1024, inner=28672):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(h, w, bias=False) for w in (h, kv, kv, h))
        self.gate, self.up = (nn.Linear(h, inner, bias=False) for _ in range(2))
        self.down = nn.Linear(inner, h, bias=False)
        self.one, self.two = nn.RMSNorm(h), nn.RMSNorm(h)

    def forward(self, x):
        y = self.one(x)
        heads = [t.unflatten(-1, (-1, 128)).transpose(1, 2) for t in (self.q(y), self.k(y), self.v(y))]
        heads[1:] = [t.repeat_interleave(8, 1) for t in heads[1:]]
        x = x + self.o(nn.functional.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).flatten(2))
        y = self.two(x)
        return x + self.down(nn.functional.silu(self.gate(y)) * self.up(y))

with torch.device("meta"):
    head = nn.Linear(8192, 128256, bias=False)
    module = nn.Sequential(nn.Embedding(128256, 8192), *[Block() for _ in range(80)], head)
    tokens = torch.zeros((1, 2048), dtype=torch.long)
count_module(nn.Linear(2, 2), torch.zeros(1, 2))  # the first count imports what torch loads late
start = time.perf_counter()
work = count_module(module, tokens)
taken = time.perf_counter() - start
h, kv, inner, S = 8192, 1024, 28672, 2048
assert work.flops == 80 * (S * (4 * h * h + 4 * h * kv + 6 * h * inner) + 4 * h * S * S) + 2 * S * h * 128256
print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def run(code: str) -> tuple[float, float]:
    """Return seconds and peak memory [MB] of a fresh process."""
    seconds, megabytes = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    return float(seconds), float(megabytes)


def main() -> None:
    """Print each figure and its ratio to the limit."""
    seconds, _ = run(CONFIG)
    print(f"405B configuration, no torch   {seconds * 1000:8.1f} ms  ({seconds / LIMIT_CONFIG_S:.2f} of the limit)")
    seconds, megabytes = run(MODULE)
    print(f"70B module on meta             {seconds * 1000:8.1f} ms  ({seconds / LIMIT_MODULE_S:.2f} of the limit)")
    print(f"  peak memory, torch included  {megabytes:8.0f} MB  ({megabytes / LIMIT_MODULE_MB:.2f} of the limit)")


if __name__ == "__main__":
    main()
