"""Every figure that joulewise prints, recorded from one tree and compared with another's.

Run: python benchmarks/figures.py record FOLDER        (with each tree's own `joulewise` on the path)
     python benchmarks/figures.py compare OLD NEW

Recorded: the estimate of every shipped measured row, the estimate of every name of the catalogue on one accelerator,
and the JSON of one call of each command, the comparison with the paper's printed numbers among them.
"""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).parent.parent / "src" / "joulewise" / "data"
WORKLOAD = {"accelerator": "H100", "n_accelerators": "8", "batch_size": "32"}
# Columns of a measured row that describe its workload, by the first word of its unit.
EVERY = ("id", "model", "accelerator", "n_accelerators", "precision", "task", "batch_size", "meter_scope")
OF_TEXT = (*EVERY, "engine", "prompt_tokens", "output_tokens", "params_b", "active_params_b")
MEASURED = {
    "output": (*OF_TEXT, "tensor_parallel", "pipeline_parallel", "data_parallel", "expert_parallel"),
    "image": (*EVERY, "engine", "image_size", "steps", "sequence_parallel", "ring"),
    "video": (*EVERY, "engine", "image_size", "steps", "sequence_parallel", "ring"),
    "sample": (*EVERY, "image_size"),
}
ON_H100 = ("--on", "H100", "--batch-size", "32", "--prompt-tokens", "512", "--output-tokens", "256")
COMMANDS: dict[str, tuple[str, ...]] = {
    "models-paper": ("models", "--edition", "paper"),
    "models-today": ("models", "--edition", "today"),
    "accelerators": ("accelerators",),
    "sources": ("sources",),
    "show-alexnet": ("show", "alexnet"),
    "check-strict": ("check", "--strict"),
    "count-llama": ("count", "docs/llama-3.1-405b.json", "--prompt-tokens", "2048", "--output-tokens", "256"),
    "estimate-paper": ("estimate", "resnet50", "--method", "paper", "--explain"),
    "estimate-paper-on": ("estimate", "bert-large", "--method", "paper", "--on", "A100"),
    "estimate-dense": ("estimate", "Llama-3.1-8B-Instruct", *ON_H100, "--explain"),
    "estimate-experts": ("estimate", "Qwen3-235B-A22B", *ON_H100, "--count", "8", "--explain"),
    "estimate-fp8": ("estimate", "Llama-3.1-70B-Instruct", *ON_H100, "--precision", "fp8", "--count", "2"),
    "estimate-size": ("estimate", *ON_H100, "--params-b", "13"),
    "estimate-carbon": (
        *("estimate", "Llama-3.1-8B-Instruct", *ON_H100, "--country", "FR", "--year", "2024", "--pue", "1.1"),
        *("--embodied", "--wue", "0.4", "--usd-per-kwh", "0.2"),
    ),
    "compare": ("compare", "Llama-3.1-8B-Instruct", "Qwen3-8B", "--on", "A100,H100,B200", "--batch-size", "1,8,64"),
    "frontier": ("frontier", "Llama-3.1-70B-Instruct", "--on", "H100,B200"),
    "validate": ("validate",),
    "validate-rows": ("validate", "--rows"),
    "validate-worst": ("validate", "--worst", "20"),
    "calibrate": ("calibrate",),
    "forecast-vision": ("forecast", "--task", "vision", "--until", "2030"),
    **{
        f"trend-{task}-{of}-{edition}": ("trend", "--task", task, "--of", of, "--edition", edition)
        for task in ("vision", "language")
        for of in ("flops", "params", "energy", "efficiency")
        for edition in ("paper", "today")
    },
    **{
        f"study-{name}": ("study", name)
        for name in ("redrawn", "backtest", "hardware", "constant-quality", "frontier", "outlook")
    },
}


def run(args: tuple[str, ...]) -> str:
    """Return what a command prints on standard output; where it fails, its one line."""
    done = subprocess.run(["joulewise", *args], capture_output=True, text=True, check=False)
    return done.stdout or json.dumps({"exit": done.returncode, "stderr": done.stderr.strip()})


def table_of(rows: list[dict[str, str]], file: Path) -> Path:
    """Write rows as a CSV."""
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def names() -> list[str]:
    """Return every name that the shipped tables have for a model."""
    found: dict[str, None] = {}
    for file in sorted(DATA.glob("models/entities*.csv")):
        for row in csv.DictReader(file.open(encoding="utf-8")):
            found |= dict.fromkeys([row["id"], row["name"], *row["aliases"].split("|")])
    for table in ("architectures", "generators", "sample_networks"):
        for row in csv.DictReader((DATA / f"{table}.csv").open(encoding="utf-8")):
            found |= dict.fromkeys([row["model"], *(row.get("aliases") or "").split("|")])
    return [name for name in found if name]


def record(folder: Path) -> None:
    """Write one file of figures for each command into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    measured = list(csv.DictReader((DATA / "measurements" / "public.csv").open(encoding="utf-8")))
    columns = list(dict.fromkeys(name for names in MEASURED.values() for name in names))
    described = [(row, MEASURED[row["unit"].split()[0]]) for row in measured]
    rows = [{name: row.get(name, "") if name in names else "" for name in columns} for row, names in described]
    file = table_of(rows, folder / "measured.csv")
    (folder / "measured-rows.json").write_text(run(("estimate", "--from", str(file), "--json")), encoding="utf-8")
    file = table_of([{"model": name, **WORKLOAD} for name in names()], folder / "names.csv")
    (folder / "all-names.json").write_text(run(("estimate", "--from", str(file), "--json")), encoding="utf-8")
    for name, args in COMMANDS.items():
        print(name, file=sys.stderr)
        (folder / f"{name}.json").write_text(run((*args, "--json")), encoding="utf-8")
    run(("paper", "--out", str(folder / "paper"), "--only", "comparison"))


def differences(old: object, new: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield each place where two values differ, and how."""
    if where.endswith(".flags") and isinstance(old, str):
        old = [flag for flag in old.split("|") if flag]  # a text before flags were lists
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(k for k in new if k not in old)]:
            if key not in old or key not in new:
                yield f"{where}.{key}", "added" if key not in old else "gone"
            else:
                yield from differences(old[key], new[key], f"{where}.{key}")
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield where, f"{len(old)} items, now {len(new)}"
        for i, (a, b) in enumerate(zip(old, new, strict=False)):
            yield from differences(a, b, f"{where}[{i}]")
    elif isinstance(old, float) and isinstance(new, float):
        if not math.isclose(old, new, rel_tol=1e-12, abs_tol=0):
            yield where, f"{old!r}, now {new!r} ({new / old - 1:+.2e})" if old else f"{old!r}, now {new!r}"
    elif old != new:
        yield where, f"{str(old)[:80]!r}, now {str(new)[:80]!r}"


def by_key(value: object) -> object:
    """Return a list of rows by the name of each, so that a row more or less does not shift the others."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        for keys in (("id",), ("model",)):
            names = ["|".join(str(row.get(k)) for k in keys) for row in value]
            if all(k in value[0] for k in keys) and len(set(names)) == len(names):
                return {n: {k: v for k, v in row.items() if k != "row"} for n, row in zip(names, value, strict=True)}
    return value


def compare(old: Path, new: Path, shown: int = 8) -> int:
    """Print what differs between two recordings, and return in how many files something does."""
    changed = 0
    for file in sorted(old.rglob("*.json")):
        name = file.relative_to(old)
        other = new / name
        if not other.exists():
            print(f"{name}: gone")
            changed += 1
            continue
        before, after = (by_key(json.loads(f.read_text(encoding="utf-8"))) for f in (file, other))
        found = list(differences(before, after))
        changed += bool(found)
        print(f"{name}: {f'{len(found)} differences' if found else 'equal'}")
        for where, what in found[:shown]:
            print(f"    {where}: {what}")
    for file in sorted(old.rglob("*.csv")):
        other = new / file.relative_to(old)
        found_there = "equal" if other.exists() and other.read_bytes() == file.read_bytes() else "differs"
        changed += found_there != "equal"
        print(f"{file.relative_to(old)}: {found_there}")
    return changed


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(Path(sys.argv[2]))
    else:
        sys.exit(int(compare(Path(sys.argv[2]), Path(sys.argv[3]), *map(int, sys.argv[4:5])) > 0))
