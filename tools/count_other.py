"""Write the facts of image and video generators, speech recognition and embedding models from other_networks.json.

Counts are joulewise's own on the configurations of that file, without weights; generators' are those of
src/joulewise/data/generators.csv. Needs the extra hf. Run: python tools/count_other.py
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from joulewise.catalog import find_model
from joulewise.catalog.tables import ENTITY_COLUMNS, FACT_COLUMNS, SOURCE_COLUMNS, shipped_folder
from joulewise.counting.workload import Workload

NETWORKS = Path(__file__).with_name("other_networks.json")
ARCHITECTURES = {"unet": "Hybrid", "transformer": "Transformer"}
CONVENTION = "convention=flop"


def count_network(row: dict[str, Any]) -> Workload:
    """Count one pass of a network of other_networks.json."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    from joulewise.counting.hf_models import count_hf  # noqa: PLC0415
    from joulewise.counting.trace import count_module  # noqa: PLC0415

    values = dict(row["config"])
    if values["model_type"] == "rnn-t":
        with torch.device("meta"):
            return count_module(rnn_t(), torch.empty(1000, 1, 240))
    config = transformers.AutoConfig.for_model(values.pop("model_type"), **values)
    return count_hf(config, **row["options"])


def rnn_t() -> Any:
    """Return MLPerf's RNN-T: 30 s of sound are 1,000 frames of three times 80 features."""
    from torch import nn  # noqa: PLC0415

    class RnnT(nn.Module):
        """The encoder over all frames, then one step of the prediction network and of the joint network."""

        def __init__(self) -> None:
            super().__init__()
            self.before, self.after = nn.LSTM(240, 1024, 2), nn.LSTM(2048, 1024, 3)
            self.letters, self.prediction = nn.Embedding(28, 320), nn.LSTM(320, 320, 2)
            self.joint = nn.Sequential(nn.Linear(1024 + 320, 512), nn.ReLU(), nn.Linear(512, 29))

        def forward(self, frames: Any) -> Any:
            """Two frames become one between the layers of the encoder."""
            seen = self.before(frames)[0]
            seen = self.after(seen.reshape(len(frames) // 2, 1, 2048))[0]
            said = self.prediction(self.letters(frames.new_zeros((1, 1)).long()))[0]
            return self.joint(seen.new_zeros((1, 1, 1344)) + said.sum() * 0)

    return RnnT().eval()


def facts_of_network(row: dict[str, Any]) -> list[dict[str, str]]:
    """Return the facts of a network, its count among them."""
    work = count_network(row)
    if work.uncounted:
        raise SystemExit(f"{row['id']}: not counted: {dict(work.uncounted)}")
    place = row.get("config_loc") or f"configuration of {row['aliases'].split('|')[0]}; counted by joulewise"
    counted = {"kind": "derived", "source": row["config_source"], "locator": place, "note": row["config_note"]}
    conditions = f"{row['conditions']}; {CONVENTION}"
    facts = [
        _fact(row, "params", str(work.params), unit="1", conditions="basis=counted", **counted),
        _fact(row, "flops", str(work.flops), unit="FLOP", conditions=conditions, **counted),
    ]
    if row["params"]:
        published = row["params"]
        facts.append(
            _fact(
                row, "params", published["reported"], unit="1", source=published["source"], locator=published["locator"]
            )
        )
    if row["task"] == "embedding":
        tokens = str(row["options"]["prompt_tokens"])
        facts.append(_fact(row, "input_tokens", tokens, unit="tokens", **{**counted, "kind": "assumed"}))
        facts[-1]["note"] = "the length that the FLOPs are counted at"
    facts.append(_fact(row, "architecture", row["architecture"], **{**counted, "kind": "reported", "note": ""}))
    return facts + _date(row)


def facts_of_generator(row: dict[str, Any]) -> list[dict[str, str]]:
    """Return the facts of a generator: one pass of its denoiser for one image or video, without guidance."""
    known = find_model(row["generator"]).generator
    if known is None:
        raise SystemExit(f"{row['generator']} is not in generators.csv")
    size = f"image_px={known['width_px']}x{known['height_px']}"
    if known["frames"] > 1:
        size += f"; frames={known['frames']}"
    conditions = f"{size}; steps=1; passes_per_step={known['passes_per_step']}; {CONVENTION}"
    counted = {
        "kind": "derived",
        "source": "diffusers-denoisers",
        "locator": f"configuration of the denoiser of {row['generator']}; counted by joulewise (generators.csv)",
    }
    note = "one pass of the denoiser; passes_per_step of them make a step with guidance"
    flops = str(known["product_flops"] + known["attention_flops"])
    return [
        _fact(row, "params", str(known["denoiser_params"]), unit="1", note="of the denoiser alone", **counted),
        _fact(row, "flops", flops, unit="FLOP", conditions=conditions, note=note, **counted),
        _fact(row, "architecture", ARCHITECTURES[known["kind"]], note=f"denoiser: {known['kind']}", **counted),
        *_date(row),
    ]


def _date(row: dict[str, Any]) -> list[dict[str, str]]:
    date = row["date"]
    if date is None:
        return []
    place = {"source": date["source"], "locator": date["locator"], "note": date["note"]}
    return [_fact(row, "release_date", date["value"], **place)]


def _fact(row: dict[str, Any], attribute: str, value: str, **cells: str) -> dict[str, str]:
    usual = dict.fromkeys(FACT_COLUMNS, "") | {"entity": row["id"], "kind": "reported"}
    return usual | {"attribute": attribute, "value": value} | cells


def main() -> None:
    """Write the three files."""
    networks = json.loads(NETWORKS.read_text(encoding="utf-8"))
    rows = [*networks["generators"], *networks["networks"]]
    facts = []
    for row in rows:
        facts += facts_of_generator(row) if "generator" in row else facts_of_network(row)
        print(row["id"], *[f["value"] for f in facts if f["entity"] == row["id"] and f["unit"]])
    entities = [
        {**{c: row[c] for c in ENTITY_COLUMNS}, "aliases": "|".join(filter(None, _aliases(row)))} for row in rows
    ]
    sources = [
        dict(zip(SOURCE_COLUMNS, (name, *cells, ""), strict=True))
        for name, cells in sorted(networks["sources"].items())
    ]
    folder = shipped_folder()
    _write(folder / "models" / "entities-other.csv", ENTITY_COLUMNS, entities)
    _write(folder / "models" / "facts-other.csv", FACT_COLUMNS, facts)
    _write(folder / "sources-other.csv", SOURCE_COLUMNS, sources)


def _aliases(row: dict[str, Any]) -> list[str]:
    return [row.get("generator", ""), *row["aliases"].split("|")]


def _write(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
