// The shot chart: marks, hexagons against the average of their zone, and a place that a person names.
import { drawBorders, drawCourt, spot, svg, zones } from "/lib/court.js";
import { element } from "/lib/dom.js";
import { percent, resultOf, stateOf } from "/lib/words.js";

const radius = 0.62; // Metres, of a hexagon's corners.
const fullAt = 6; // Shots of a hexagon that is drawn in full size.
const notable = 0.15; // Share by which a hexagon differs from its zone before it is coloured.
const prior = 4; // Shots at the zone's average that count beside those of a hexagon: one shot says little.
const halfLength = 14.325;

// Points in hexagons with corners above and below: the nearest centre of a grid whose every second row is shifted.
export function hexbin(points, size) {
  const wide = size * Math.sqrt(3);
  const high = size * 1.5;
  const bins = new Map();
  for (const point of points) {
    let best = null;
    for (const row of [Math.floor(point.y / high), Math.ceil(point.y / high)]) {
      const shift = (row & 1) / 2;
      const column = Math.round(point.x / wide - shift);
      const centre = { x: (column + shift) * wide, y: row * high, key: `${column},${row}` };
      centre.far = Math.hypot(centre.x - point.x, centre.y - point.y);
      if (!best || centre.far < best.far) best = centre;
    }
    const bin = bins.get(best.key) ?? { x: best.x, y: best.y, points: [] };
    bin.points.push(point);
    bins.set(best.key, bin);
  }
  return [...bins.values()];
}

// Made and known shots by zone.
export function zoneTotals(events) {
  const totals = new Map(Object.keys(zones).map((zone) => [zone, { made: 0, known: 0 }]));
  for (const event of events) {
    const total = totals.get(event.shot.zone);
    const result = resultOf(event);
    if (!total || result === "unknown" || stateOf(event) === "retracted") continue;
    total.known += 1;
    total.made += result === "made";
  }
  return totals;
}

export class Chart {
  constructor(root, { onPick, onPlace }) {
    Object.assign(this, { root, onPick, onPlace, mode: "shots", aiming: null, shots: [], selected: null });
    this.layer = drawCourt(root);
    drawBorders(this.layer);
    root.addEventListener("click", (click) => this.#click(click));
  }

  // `average` are the shots whose zones the hexagons are compared with.
  draw(shots, average, selected) {
    Object.assign(this, { shots, average, selected });
    if (this.mode === "hexes") this.#hexes();
    else this.#marks();
    if (this.aiming) this.layer.append(svg("path", { class: "aim", d: `M${this.aiming.x - 0.5} ${this.aiming.y}h1M${this.aiming.x} ${this.aiming.y - 0.5}v1` }));
    this.root.classList.toggle("aiming", Boolean(this.aiming));
  }

  #marks() {
    this.layer.replaceChildren(...this.shots.map((event) => {
      const place = spot(event.shot);
      if (!place) return null;
      const result = resultOf(event);
      const picked = event.eventId === this.selected;
      const mark = svg("g", { class: `mark ${result} ${stateOf(event)} ${picked ? "picked" : ""}`, transform: `translate(${place.x.toFixed(2)} ${place.y.toFixed(2)})`, "data-event": event.eventId });
      mark.append(result === "missed" ? svg("path", { d: "M-.2-.2L.2.2M.2-.2L-.2.2" }) : svg("circle", { r: 0.23 }));
      if (picked) mark.append(svg("circle", { r: 0.45, class: "halo" }));
      return mark;
    }).filter(Boolean));
  }

  // Marks another shot as the selected one.
  pick(selected) {
    this.selected = selected;
    if (this.aiming !== null || this.mode === "hexes") { this.draw(this.shots, this.average, selected); return; }
    this.root.querySelector(".aim")?.remove();
    this.root.classList.remove("aiming");
    this.layer.querySelector(".picked .halo")?.remove();
    this.layer.querySelector(".picked")?.classList.remove("picked");
    const mark = this.layer.querySelector(`[data-event="${CSS.escape(selected ?? "")}"]`);
    mark?.classList.add("picked");
    mark?.append(svg("circle", { r: 0.45, class: "halo" }));
  }

  #hexes() {
    const totals = zoneTotals(this.average);
    const known = this.shots.filter((event) => stateOf(event) !== "retracted" && resultOf(event) !== "unknown");
    const points = known.map((event) => ({ ...spot(event.shot), event })).filter((point) => point.exact);
    this.layer.replaceChildren(...hexbin(points, radius).flatMap((bin) => {
      const made = bin.points.filter((point) => resultOf(point.event) === "made").length;
      const zone = totals.get(bin.points[0].event.shot.zone);
      const usual = zone?.known ? zone.made / zone.known : 0.5;
      const difference = (made + prior * usual) / (bin.points.length + prior) - usual;
      const kind = difference > notable ? "above" : difference < -notable ? "below" : "";
      const size = radius * Math.max(0.4, Math.sqrt(Math.min(bin.points.length, fullAt) / fullAt));
      const corners = [0, 1, 2, 3, 4, 5].map((corner) => `${(bin.x + size * Math.sin(corner * Math.PI / 3)).toFixed(2)},${(bin.y + size * Math.cos(corner * Math.PI / 3)).toFixed(2)}`);
      const hex = svg("polygon", { points: corners.join(" "), class: `hex ${kind}` });
      hex.append(svg("title", {}, `${made} of ${bin.points.length}, zone ${zone?.known ? percent(zone.made / zone.known) : "without a known result"}`));
      return kind && size > 0.35 ? [hex, svg("text", { x: bin.x, y: bin.y, class: "sign" }, kind === "above" ? "+" : "−")] : [hex];
    }));
  }

  drawZones(body, shots) {
    const totals = zoneTotals(shots);
    body.replaceChildren(...[...totals].map(([zone, { made, known }]) => element("tr", {},
      element("td", {}, zones[zone].name), element("td", {}, String(made)), element("td", {}, String(known)), element("td", {}, known ? percent(made / known) : "none"))));
  }

  #click(click) {
    const at = new DOMPoint(click.clientX, click.clientY).matrixTransform(this.root.getScreenCTM().inverse());
    if (this.aiming) { this.onPlace(at); return; }
    const near = this.shots.map((event) => ({ event, place: spot(event.shot) })).filter((one) => one.place)
      .map((one) => ({ ...one, far: Math.hypot(one.place.x - at.x, one.place.y - at.y) })).sort((a, b) => a.far - b.far)[0];
    if (near && near.far < 0.6 && this.mode === "shots") this.onPick(near.event);
  }
}

// A place of the chart on the whole court, on the half on which the shot is known to be; otherwise on that of basket 0.
export function onCourt(place, shot) {
  const side = (shot.courtX ?? 1) >= 0 ? 1 : -1;
  return { courtX: Number((side * (halfLength - place.y)).toFixed(3)), courtY: Number((-side * place.x).toFixed(3)) };
}
