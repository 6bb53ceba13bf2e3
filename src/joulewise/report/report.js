const specs = JSON.parse(document.getElementById("specs").textContent);
const looks = JSON.parse(document.getElementById("looks").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");

const draw = (element) => vegaEmbed(element, specs[element.dataset.figure], {
  renderer: "svg", actions: false, config: looks[dark.matches ? "dark" : "light"],
});

// One after another, giving way in between, so that the page can be read and scrolled at once.
const charts = [...document.querySelectorAll("[data-figure]")];
const drawAll = async () => {
  for (const element of charts) {
    await draw(element);
    await new Promise((resume) => setTimeout(resume));
  }
  document.body.dataset.drawn = "yes";
};
dark.addEventListener("change", drawAll);
drawAll();

// A search field names the table that it searches, a box the rows that it keeps, a text the table whose rows it counts.
const filter = (table) => {
  const of = (name) => [...document.querySelectorAll(`[data-${name}="${table.id}"]`)];
  const words = of("searches").flatMap((field) => field.value.toLowerCase().split(/\s+/)).filter(Boolean);
  const boxes = of("keeps");
  const kept = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const rows = [...table.tBodies[0].rows];
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = (boxes.length && !kept.has(row.dataset.kept)) || !words.every((word) => text.includes(word));
    shown += !row.hidden;
  }
  for (const count of of("shown")) count.textContent = `${shown} of ${rows.length} shown`;
};
for (const control of document.querySelectorAll("[data-searches], [data-keeps]")) {
  const table = document.getElementById(control.dataset.searches ?? control.dataset.keeps);
  control.addEventListener("input", () => filter(table));
  filter(table);
}

const key = (row, column) => {
  const text = row.cells[column].firstChild?.textContent.trim() ?? "";
  const number = Number(text.replaceAll(",", ""));
  return text !== "" && !Number.isNaN(number) ? number : text;
};
const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }));
for (const table of document.querySelectorAll("table.sortable")) {
  table.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (!head) return;
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const sorted = [...body.rows].sort((a, b) => compare(key(a, head.cellIndex), key(b, head.cellIndex)));
    body.append(...(down ? sorted.reverse() : sorted));
  });
}
