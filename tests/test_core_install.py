"""A core install: numbers need no extra, and code that needs one names it in one line."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REPORT = ("altair", "vl_convert", "jinja2")
OUTSIDE_THE_CORE = (*REPORT, "scipy", "torch", "timm", "transformers", "onnx", "pynvml", "pandas")

WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
sys.argv = ["joulewise", *{args!r}]
from joulewise.cli.main import main
main()
"""


def _run(args: tuple[str, ...], folder: Path, missing: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run the command where some packages cannot be imported."""
    code = WITHOUT.format(missing=missing, args=args)
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [
        "estimate resnet50 --method paper",
        "estimate Llama-3.1-8B --on H100 --batch-size 8 --json",
        "compare Llama-3.1-8B --on H100,B200",
        "frontier Llama-3.1-8B --on H100",
        "models --task language --limit 3",
        "show alexnet",
        "trend --task vision",
        "forecast --task vision --until 2030",
        "paper --out out --only table1,table4,comparison",
        "study hardware --json",
        "study outlook",
        "study constant-quality --table staircases",
    ],
)
def test_the_core_alone_gives_every_number(command: str, tmp_path: Path) -> None:
    done = _run(tuple(command.split()), tmp_path, OUTSIDE_THE_CORE)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    ("command", "missing", "extra"),
    [
        ("report --out out", ("jinja2",), "report"),
        ("report --out out", REPORT, "report"),
        ("paper --out out", REPORT, "report"),
        ("paper --out out --only fig3", REPORT, "report"),
        ("study hardware --chart chart.svg", REPORT, "report"),
        ("study hardware --chart chart.svg", ("vl_convert",), "report"),
        ("compare Llama-3.1-8B --on H100 --chart chart.svg", REPORT, "report"),
        ("frontier Llama-3.1-8B --on H100 --chart chart.svg", REPORT, "report"),
        ("validate", ("scipy",), "fit"),
        ("calibrate -o out.json", ("scipy",), "fit"),
    ],
)
def test_what_needs_an_extra_names_it_in_one_line(
    command: str, missing: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    done = _run(tuple(command.split()), tmp_path, missing)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(
        rf"joulewise: .* needs the extra '{extra}' \(install it: pip install 'joulewise\[{extra}\]'\)\n", done.stderr
    )
    assert not list(tmp_path.rglob("*.*"))


def test_the_core_depends_on_nothing_outside_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [re.split(r"[<>=]", one)[0] for one in project["dependencies"]] == ["click", "rich", "numpy", "polars"]


@pytest.mark.parametrize("module", ["energy", "catalog", "trends", "impact", "hardware", "fits", "measure"])
def test_the_library_imports_nothing_outside_the_core(module: str) -> None:
    code = f"import sys, joulewise.{module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & set(OUTSIDE_THE_CORE)
