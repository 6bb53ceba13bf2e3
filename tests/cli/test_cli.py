"""The installed command, as a user runs it."""

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from joulewise.cli.main import COMMANDS
from tests.conftest import Run

TREND_KEYS = {
    "n", "growth_per_year", "growth_per_year_low", "growth_per_year_high", "doubling_time_years", "r2",
    "slope_log10", "intercept_log10", "reference_year", "points",
}  # fmt: skip
ESTIMATE_KEYS = {"energy_j", "energy_j_low", "energy_j_high", "method", "inputs", "assumptions"}


def test_help_lists_every_command_and_each_has_help(joulewise: Run) -> None:
    text = joulewise("--help").stdout
    for name in COMMANDS:
        assert f"  {name} " in text
        done = joulewise(name, "--help")
        assert done.returncode == 0
        assert "--json" in done.stdout


def test_a_trend_as_json(joulewise: Run) -> None:
    done = joulewise("trend", "--of", "flops", "--task", "vision", "--subset", "best-per-year", "--json")
    value = json.loads(done.stdout)
    assert value.keys() >= TREND_KEYS
    assert value["n"] == len(value["points"]) == 10
    assert done.stderr == ""


def test_an_estimate_as_json(joulewise: Run) -> None:
    done = joulewise("estimate", "resnet50", "--on", "a100", "--method", "paper", "--json")
    value = json.loads(done.stdout)
    assert value.keys() >= ESTIMATE_KEYS
    assert value["energy_j"] == pytest.approx(7.6e9 * 400 / 19.5e12)
    assert all(i["source"] for i in value["inputs"])


def test_estimates_from_a_pipe_keep_the_good_and_report_the_bad(joulewise: Run) -> None:
    done = joulewise("estimate", "-", "--method", "paper", "--format", "csv", input="alexnet\nnonet\n\nresnet50\n")
    rows = list(csv.DictReader(StringIO(done.stdout)))
    assert [row["model"] for row in rows] == ["alexnet", "resnet50"]
    assert float(rows[0]["energy_j"]) > 0
    assert done.stderr.startswith("joulewise: line 2: unknown model 'nonet'")
    assert done.returncode == 2


def test_a_forecast_as_json(joulewise: Run) -> None:
    value = json.loads(joulewise("forecast", "--task", "vision", "--until", "2026", "--json").stdout)
    assert [c["reference"] for c in value["crossings"]] == [
        "Human body (somatic)",
        "Person, all energy used (external)",
    ]
    assert value["crossings"][1]["central"] == "never within the horizon"
    assert value["years"][-1]["year"] == 2026


@pytest.mark.parametrize("command", ["models", "accelerators", "sources"])
def test_lists_in_every_format(joulewise: Run, command: str) -> None:
    rows = json.loads(joulewise(command, "--json").stdout)
    lines = joulewise(command, "--format", "jsonl").stdout.splitlines()
    table = list(csv.DictReader(StringIO(joulewise(command, "--format", "csv").stdout)))
    assert len(rows) == len(lines) == len(table) > 30
    assert json.loads(lines[0]) == rows[0]
    assert list(table[0]) == list(rows[0])
    assert len(joulewise(command).stdout.splitlines()) >= len(rows)


def test_filters_and_sorting(joulewise: Run) -> None:
    done = joulewise(
        "models", "--task", "vision", "--year", "2018..2020", "--family", "efficientnet", "--sort", "flops",
        "--reverse", "--limit", "2", "--json",
    )  # fmt: skip
    rows = json.loads(done.stdout)
    assert {row["family"] for row in rows} == {"EfficientNet"}
    assert [row["flops"] for row in rows] == [1.04e12, 1.04e12]
    assert "showing 2 of" in done.stderr


def test_show_gives_source_conditions_and_kind(joulewise: Run) -> None:
    rows = json.loads(joulewise("show", "V100", "--json").stdout)
    peak = next(r for r in rows if r["conditions"] == "precision=fp16-tensor")
    assert (peak["value"], peak["unit"], peak["kind"], peak["via"]) == (
        "125.00",
        "TFLOP/s",
        "reported",
        "desislavov2021",
    )


def test_show_lists_similar_names(joulewise: Run) -> None:
    assert joulewise("show", "H100").stderr == "joulewise: this is H100; there are also H100 PCIe, H100 NVL\n"
    assert joulewise("show", "alexnet").stderr == ""


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("forcast",), "did you mean forecast?"),
        (("estimate", "reznet50"), "did you mean ResNet-50"),
        (("estimate", "ViT-L/16", "--method", "paper"), "may be vit-l-16-in21k or vit-l-16-jft"),
        (("estimate", "alexnet", "--method", "paper", "--on", "a100", "--precision", "fp8"), "it has fp16, fp32"),
        (("estimate", "alexnet", "--at", "2020-02-30"), "write YYYY-MM-DD"),
        (("estimate", "alexnet", "--method", "paper", "--at", "1900"), "too far from the data"),
        (("estimate",), "there is no model"),
        (("estimate", "resnet50"), "needs an accelerator"),
        (("estimate", "resnet50", "--on", "a30", "--at", "2020"), "paper's method"),
        (("estimate", "config.json", "--on", "h100"), "give it by --config"),
        (("estimate", "timm:resnet50", "--on", "h100"), "give it by --module"),
        (("estimate", "Llama-3.1-8B", "--on", "h100", "--count", "100000"), "between 1 and 10,000"),
        (("estimate", "Llama-3.1-8B", "--on", "h100", "--pue", "120"), "between 1 and 10"),
        (("estimate", "Llama-3.1-8B", "--on", "h100", "--batch-size", "5e-324"), "between 0.001"),
        (("estimate", "--from", "table.csv", "--country", "FR"), "--from takes every workload from the table"),
        (("trend", "--task", "vison"), "did you mean vision?"),
        (("trend",), "missing option '--task'"),
        (
            ("trend", "--task", "vision", "--from", "later"),
            "--from must be a whole number between 1900 and 2100, not 'later'",
        ),
        (("forecast", "--task", "language", "--subset", "best-per-year"), "at least 3 points, not 2"),
        (("forecast", "--task", "vision", "--until", "2015"), "give a year from 2021"),
        (("models", "--year", "2020..2018"), "write 2018..2020"),
        (("models", "--family", "resnets"), "did you mean ResNet"),
        (("models", "--task", "xyz"), "one of vision, language"),
        (("study", "hardware", "--only", "by-kind"), "give --chart FILE too"),
        (("models", "--sort", "flop"), "did you mean flops"),
        (("models", "--data", "no-such-folder"), "no such data folder"),
        (("show", "nothing-like-it-at-all"), "unknown model or accelerator"),
        (("paper", "--only", "fig99"), "did you mean fig9"),
        (("models", "--format", "yaml"), "'yaml' is not one of"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(joulewise: Run, args: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = joulewise(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert said.lower() in done.stderr.lower()
    assert list(tmp_path.iterdir()) == []


def test_check_reports_file_row_and_exit_code(joulewise: Run, tmp_path: Path) -> None:
    assert joulewise("check").returncode == 0
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "facts.csv").write_text(
        "entity,attribute,value,low,high,unit,conditions,kind,source,via,locator,supersedes,note\n"
        "alexnet,flops,3,,,GFLOP,,measured,nobody,,row 1,,\n"
    )
    done = joulewise("check", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "facts.csv, row 2, source: 'nobody' is not in sources.csv" in done.stdout
    other = joulewise("models", "--data", str(tmp_path))
    assert other.returncode == 2
    assert "row 2, source" in other.stderr


def test_output_goes_to_a_file_whole(joulewise: Run, tmp_path: Path) -> None:
    out = tmp_path / "models.json"
    assert joulewise("models", "--edition", "paper", "--json", "-o", str(out)).stdout == ""
    assert len(json.loads(out.read_text())) == 114
    done = joulewise("models", "-o", str(tmp_path / "no" / "models.csv"))
    assert done.returncode == 1
    assert "cannot write" in done.stderr


def test_a_closed_pipe_is_quiet() -> None:
    command = Path(sys.executable).parent / "joulewise"
    done = subprocess.run(
        f"{command} models --format jsonl | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_closed_standard_output_is_no_error() -> None:
    command = Path(sys.executable).parent / "joulewise"
    done = subprocess.run(f"{command} --version >&-", shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_reported() -> None:
    command = Path(sys.executable).parent / "joulewise"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([command, "models"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["joulewise: cannot write: No space left on device"]


def test_an_unwritable_folder_is_reported(joulewise: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = joulewise("report", "--out", str(tmp_path / "file"))
    assert done.returncode == 2
    assert "cannot make the folder" in done.stderr


def test_no_colour_codes_in_a_pipe(joulewise: Run) -> None:
    done = joulewise("models", env={**os.environ, "FORCE_COLOR": ""})
    assert "\x1b" not in done.stdout


def test_no_command_shows_the_help(joulewise: Run) -> None:
    done = joulewise()
    assert done.returncode == 0
    assert done.stdout == joulewise("--help").stdout


def test_nothing_found_is_no_error(joulewise: Run) -> None:
    assert joulewise("models", "nosuchmodel").stdout == "nothing found\n"
    assert json.loads(joulewise("models", "nosuchmodel", "--json").stdout) == []
    assert joulewise("models", "nosuchmodel", "--format", "csv").stdout == ""


def test_accelerators_by_edition_and_kind(joulewise: Run) -> None:
    paper = json.loads(joulewise("accelerators", "--edition", "paper", "--json").stdout)
    today = json.loads(joulewise("accelerators", "--json").stdout)
    assert len(paper) == 48
    assert {row["id"] for row in paper} < {row["id"] for row in today}
    assert len({row["id"] for row in today}) == 200
    tpus = json.loads(joulewise("accelerators", "--kind", "tpu", "--json").stdout)
    assert {row["manufacturer"] for row in tpus} == {"Google"}
    assert joulewise("accelerators", "--edition", "2019").returncode == 2
    assert "gpu" in joulewise("accelerators", "--kind", "gpus").stderr


def test_show_gives_the_configuration_of_a_language_model(joulewise: Run) -> None:
    rows = json.loads(joulewise("show", "Llama-3.1-8B", "--json").stdout)
    cells = {r["attribute"]: r for r in rows}
    assert cells["architecture: layers"]["number"] == 32
    assert cells["architecture: layers"]["source"].startswith("https://")
    assert cells["release_date"]["value"] == "2024-07-23"
    hybrid = json.loads(joulewise("show", "Qwen3.6-27B", "--json").stdout)
    assert {"configuration: linear_num_value_heads"} <= {r["attribute"] for r in hybrid}


def test_show_gives_the_row_of_a_generator(joulewise: Run) -> None:
    rows = json.loads(joulewise("show", "stabilityai/stable-diffusion-xl-base-1.0", "--json").stdout)
    assert {"generator: product_flops"} <= {r["attribute"] for r in rows}


def test_validate_prints_one_table(joulewise: Run) -> None:
    done = joulewise("validate", "--rows", "--worst", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--rows and --worst are given (each is another table" in done.stderr
