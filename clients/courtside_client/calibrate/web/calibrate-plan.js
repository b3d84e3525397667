// The plan of a court: lines and named points, which are chosen by mouse or keyboard. All coordinates are metres.
const SVG = "http://www.w3.org/2000/svg";

export function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const MARGIN = 1.3; // metres around the floor

export class Plan {
  // svg: where to draw; on.pick(id, keyboard): a point was chosen; on.point(id or null): the mouse or the focus is on a point.
  constructor(svg, on) {
    this.svg = svg;
    this.on = on;
    this.turned = 0; // quarter turns by the user
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  // court: as in session.json; view: "0", "1" or "both"; marked: Set of ids; chosen: id or null.
  draw(court, view, marked, chosen) {
    const focused = this.svg.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    // A half court has its basket at the top; a full court is shown lengthwise, as most cameras see it.
    this.turns = (this.turned + { 0: 3, 1: 1, both: 0 }[view]) % 4;
    this.small = view === "both";
    this.spots = court.points.filter((point) => view === "both" || [view, "both"].includes(point.half));
    const [end, side] = [court.length / 2, court.width / 2];
    const from = view === "0" ? 0 : -end;
    const to = view === "1" ? 0 : end;
    this.box([[from, -side], [to, side]]);
    const parts = [this.area("floor", [[from, -side], [to, -side], [to, side], [from, side]])];
    const ends = view === "both" ? [1, -1] : view === "0" ? [1] : [-1];
    const [lane, wide] = court.lane;
    for (const sign of ends) {
      const across = [end, end - lane].map((x) => sign * x);
      parts.push(this.area("lane", [[across[0], wide / 2], [across[1], wide / 2], [across[1], -wide / 2], [across[0], -wide / 2]]));
    }
    for (const line of court.lines[view]) parts.push(this.path("line", line));
    for (const sign of ends) {
      const [x, y] = this.map([sign * court.rim[0], 0]);
      const board = sign * court.board[0];
      parts.push(this.path("line", [[board, -court.board[1] / 2], [board, court.board[1] / 2]]));
      parts.push(shape("circle", { class: "rim", cx: x, cy: y, r: court.rim[1] }));
      const [tx, ty] = this.map([sign * (end - 2.6), 0.6 * side]);
      parts.push(shape("text", { class: "end", x: tx, y: ty }, `basket ${sign > 0 ? 0 : 1}`));
    }
    for (const spot of this.spots) parts.push(this.spot(spot, marked.has(spot.id), spot.id === chosen));
    this.svg.replaceChildren(...parts);
    if (focused) this.svg.querySelector(`[data-id="${focused}"]`)?.focus();
  }

  turn() {
    this.turned = (this.turned + 1) % 4;
  }

  map([x, y]) {
    let [right, down] = [x, -y];
    for (let turn = 0; turn < this.turns; turn += 1) [right, down] = [-down, right];
    return [right, down];
  }

  box(corners) {
    const mapped = corners.map((corner) => this.map(corner));
    const [left, right] = mapped.map(([x]) => x).sort((a, b) => a - b);
    const [top, bottom] = mapped.map(([, y]) => y).sort((a, b) => a - b);
    const box = [left - MARGIN, top - MARGIN, right - left + 2 * MARGIN, bottom - top + 2 * MARGIN];
    this.svg.setAttribute("viewBox", box.join(" "));
  }

  path(kind, points, close = "") {
    const d = points.map((point) => this.map(point).map((value) => value.toFixed(3)).join(" "));
    return shape("path", { class: kind, d: `M${d.join("L")}${close}` });
  }

  area(kind, corners) {
    return this.path(kind, corners, "Z");
  }

  spot(spot, marked, chosen) {
    const [x, y] = this.map([spot.x, spot.y]);
    const group = shape("g", {
      class: `spot${marked ? " marked" : ""}${chosen ? " chosen" : ""}`, "data-id": spot.id, tabindex: 0, role: "button",
      "aria-label": `${spot.label}${marked ? ", marked" : ""}`, "aria-pressed": chosen,
    });
    if (chosen) group.append(shape("circle", { class: "ring", cx: x, cy: y, r: this.small ? 1 : 0.75 }));
    group.append(
      shape("circle", { class: "reach", cx: x, cy: y, r: 0.5 }),
      shape("circle", { class: "dot", cx: x, cy: y, r: (chosen ? 0.32 : 0.26) * (this.small ? 1.35 : 1) }),
      shape("title", {}, spot.label),
    );
    group.addEventListener("click", () => this.on.pick(spot.id, false));
    for (const kind of ["pointerenter", "focus"]) group.addEventListener(kind, () => this.on.point(spot.id));
    for (const kind of ["pointerleave", "blur"]) group.addEventListener(kind, () => this.on.point(null));
    return group;
  }

  key(event) {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    if (!id) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.stopPropagation(); // this Enter chooses; the next one, in the picture, marks
      this.on.pick(id, true);
      return;
    }
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const from = this.spots.find((spot) => spot.id === id);
    const [x, y] = this.map([from.x, from.y]);
    let best = null;
    for (const spot of this.spots) {
      const [sx, sy] = this.map([spot.x, spot.y]);
      const along = (sx - x) * way[0] + (sy - y) * way[1];
      const beside = Math.abs((sx - x) * way[1]) + Math.abs((sy - y) * way[0]);
      // The nearest in that direction; distance to the side counts double.
      if (along > 0.05 && (!best || along + 2 * beside < best.far)) best = { id: spot.id, far: along + 2 * beside };
    }
    if (best) this.svg.querySelector(`[data-id="${best.id}"]`).focus();
  }
}
