// A half court as SVG, metres: the rim at (0, 1.6), the baseline at y = 0, left as a player sees it who faces the basket.
const SVG = "http://www.w3.org/2000/svg";
export const zones = {
  ZONE_PAINT_EXTENDED: { name: "Paint", x: 0, y: 3.6 },
  ZONE_LEFT_MID_RANGE: { name: "Left mid-range", x: -4.75, y: 3.2 },
  ZONE_MIDDLE_MID_RANGE: { name: "Middle mid-range", x: 0, y: 7.3 },
  ZONE_RIGHT_MID_RANGE: { name: "Right mid-range", x: 4.75, y: 3.2 },
  ZONE_LEFT_WING_THREE_POINTER: { name: "Left wing three", x: -6.1, y: 7.9 },
  ZONE_MIDDLE_THREE_POINTER: { name: "Middle three", x: 0, y: 9.9 },
  ZONE_RIGHT_WING_THREE_POINTER: { name: "Right wing three", x: 6.1, y: 7.9 },
};
const halfLength = 14.325;
const inset = 1.6;

export function svg(tag, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}

// Where a shot is drawn: both halves are folded onto one; without a place, in its zone.
export function spot(shot) {
  if (shot.courtX !== undefined) {
    const side = shot.courtX >= 0 ? 1 : -1;
    return { x: -side * shot.courtY, y: halfLength - side * shot.courtX, exact: true };
  }
  const zone = zones[shot.zone];
  return zone ? { x: zone.x, y: zone.y, exact: false } : null;
}

// Metres from the rim's middle, seen from above; null without a place.
export function distance(shot) {
  const place = spot(shot);
  return place?.exact ? Math.hypot(place.x, place.y - inset) : null;
}

export function drawCourt(root) {
  root.setAttribute("viewBox", "-8 -0.5 16 12");
  root.append(
    svg("rect", { x: -7.62, y: 0, width: 15.24, height: 11.4, class: "floor" }),
    svg("rect", { x: -2.44, y: 0, width: 4.88, height: 5.79, class: "line" }),
    svg("path", { d: "M-1.83 5.79a1.83 1.83 0 0 0 3.66 0", class: "line" }),
    svg("path", { d: "M-6.71 0V4.33A7.24 7.24 0 0 0 6.71 4.33V0", class: "line" }),
    svg("path", { d: "M-.91 1.22h1.82", class: "line" }),
    svg("circle", { cx: 0, cy: inset, r: 0.23, class: "line" }),
  );
  const layer = svg("g", { class: "shots" });
  root.append(layer);
  return layer;
}

// Draws the marks of shots: a disc made, a cross missed, a ring not known. Colour never stands alone.
export function drawShots(layer, events) {
  layer.replaceChildren(...events.map((event) => {
    const place = spot(event.shot);
    if (!place) return null;
    const result = { SHOT_RESULT_MADE: "made", SHOT_RESULT_MISSED: "missed" }[event.shot.result] ?? "unknown";
    const mark = svg("g", { class: `mark ${result}`, transform: `translate(${place.x.toFixed(2)} ${place.y.toFixed(2)})`, "data-event": event.eventId });
    mark.append(result === "missed" ? svg("path", { d: "M-.2-.2L.2.2M.2-.2L-.2.2" }) : svg("circle", { r: 0.23 }));
    return mark;
  }).filter(Boolean));
}

// Borders of the zones that are not lines of the court: 10 ft around the rim beside the lane, the rays from the rim
// through the ends of the free-throw line, and those 22 degrees off the axis beyond the three-point line.
const borders = [
  "M-2.59 0A3.05 3.05 0 0 0 -2.44 3.43", "M2.59 0A3.05 3.05 0 0 1 2.44 3.43",
  "M-2.44 5.79L-3.64 7.86", "M2.44 5.79L3.64 7.86",
  "M-2.71 8.31L-3.8 11", "M2.71 8.31L3.8 11",
];

// Draws the borders of the zones below a layer of `drawCourt`.
export function drawBorders(layer) {
  layer.before(...borders.map((d) => svg("path", { d, class: "border" })));
}
