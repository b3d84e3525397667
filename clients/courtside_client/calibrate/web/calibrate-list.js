// The table of points: number, name, the residual of each one, and a button to delete it.

function cell(text, kind = "") {
  return Object.assign(document.createElement("td"), { textContent: text, className: kind });
}

// rows: [{label, miss (metres or undefined), quality, chosen, choose(), remove()}]; scroller holds the table's body.
export function list(scroller, body, rows) {
  body.replaceChildren(...rows.map((row, index) => {
    const line = document.createElement("tr");
    line.className = row.chosen ? "chosen" : "";
    const drop = document.createElement("button");
    Object.assign(drop, { textContent: "×", title: `Delete point ${index + 1}` });
    drop.addEventListener("click", (event) => { event.stopPropagation(); row.remove(); });
    const last = cell("");
    last.append(drop);
    const miss = row.miss === undefined ? "" : `${Math.round(100 * row.miss)} cm`;
    line.append(cell(String(index + 1), "dim"), cell(row.label), cell(miss, `number ${row.quality}`), last);
    line.addEventListener("click", row.choose);
    return line;
  }));
  const current = body.querySelector(".chosen")?.getBoundingClientRect();
  if (!current) return;
  // Scroll within the list only: the page must not move under the mouse.
  const frame = scroller.getBoundingClientRect();
  if (current.bottom > frame.bottom) scroller.scrollTop += current.bottom - frame.bottom + 8;
  else if (current.top < frame.top) scroller.scrollTop += current.top - frame.top - 8;
}
