"use strict";
// Tables are sorted by a click on a heading: numbers by data-v, else text; what is missing goes last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    if (!head.textContent) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.title = head.title || "Sort";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const falls = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const key = (row) => {
        const cell = row.cells[place];
        if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
        const text = cell.textContent;
        return text === "" || text === "\u2013" ? null : text;
      };
      const order = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        const sign = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
        return falls ? -sign : sign;
      };
      body.append(...[...body.rows].sort(order));
    });
  });
}
// Of several series one is shown at a time, which the reader chooses.
const chooser = document.getElementById("chooser");
const series = chooser ? [...chooser.querySelectorAll(".series")] : [];
if (series.length > 1) {
  const label = document.createElement("label");
  const select = document.createElement("select");
  for (const one of series) select.add(new Option(one.dataset.name));
  const show = () => series.forEach((one, place) => { one.hidden = place !== select.selectedIndex; });
  select.addEventListener("change", show);
  label.className = "choose";
  label.append("Series", select);
  chooser.prepend(label);
  show();
}
