"""Count the paper's networks again and write src/joulewise/data/paper/counts.csv, keeping the reasons noted there.

Needs the extras timm and hf. Run: python tools/recount_paper.py
"""

import csv
from pathlib import Path

from joulewise.catalog.tables import shipped_folder
from joulewise.paper.recount import COUNT_COLUMNS, count_network, networks


def main() -> None:
    """Write the file."""
    path = Path(shipped_folder()) / "paper" / "counts.csv"
    reasons = {}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            reasons = {row["model"]: row["reason"] for row in csv.DictReader(file)}
    rows = []
    for row in networks().to_dicts():
        work = count_network(row)
        reason = reasons.get(row["model"], "")
        rows.append([row["model"], work.params, work.flops, work.method, reason])
        print(row["model"], work.flops / 1e9, work.params / 1e6, work.method, dict(work.uncounted))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COUNT_COLUMNS)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
