"""CPU time and loaded modules of a fresh process: `joulewise --help`, `trend --json`, compared with bare Python.

Run: python benchmarks/startup.py
"""

import json
import statistics
import subprocess
import sys
import time
from resource import RUSAGE_CHILDREN, getrusage

RUNS = 7
COMMANDS: dict[str, tuple[str, ...] | None] = {
    "python -c pass": None,
    "joulewise --help": ("--help",),
    "joulewise trend --json": ("trend", "--task", "vision", "--subset", "best-per-year", "--json"),
    "joulewise estimate --method paper": ("estimate", "resnet50", "--method", "paper", "--json"),
    "joulewise estimate --on H100": ("estimate", "Llama-3.1-8B", "--on", "H100", "--json"),
}
WATCHED = ("numpy", "scipy", "polars", "rich", "altair", "vl_convert")
LIMIT_HELP_S = 0.150


def measure(args: tuple[str, ...] | None) -> tuple[float, float, list[str]]:
    """Return median CPU and wall seconds, and which watched modules were loaded."""
    code = (
        "pass"
        if args is None
        else f"import sys; sys.argv=['joulewise',*{args!r}]; from joulewise.cli.main import _run; _run()"
    )
    ask = "\nimport sys, json; print('\\n' + json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    modules = json.loads(
        subprocess.run(
            [sys.executable, "-c", code + ask], capture_output=True, text=True, check=True
        ).stdout.splitlines()[-1]
    )
    cpu, wall = [], []
    for _ in range(RUNS):
        before, start = getrusage(RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        wall.append(time.perf_counter() - start)
        after = getrusage(RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(cpu), statistics.median(wall), [m for m in WATCHED if m in modules]


def main() -> None:
    """Print the table and the ratio to the limit."""
    for name, args in COMMANDS.items():
        cpu, wall, loaded = measure(args)
        note = (
            f"  ({cpu / LIMIT_HELP_S:.2f} of the limit of {LIMIT_HELP_S * 1000:.0f} ms)" if args == ("--help",) else ""
        )
        print(
            f"{name:36s} CPU {cpu * 1000:6.0f} ms  wall {wall * 1000:6.0f} ms  loads: {', '.join(loaded) or '-'}{note}"
        )


if __name__ == "__main__":
    main()
