// The film's picture with the points, the court's lines and a magnifier at the mouse. All coordinates are pixels.
import { shape } from "./calibrate-plan.js";

const GRIP = 12; // screen pixels around a point within which a click takes it instead of marking another one

export class Picture {
  // on.mark(x, y): a point was clicked; on.take(id): a point was taken; on.move(id, x, y, first): it was moved.
  constructor(svg, loupe, width, height, on) {
    Object.assign(this, { svg, loupe, width, height, on, marks: [], lines: [], cursor: null });
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.image = shape("image", { href: "picture.jpg", width, height });
    this.layer = shape("g");
    svg.replaceChildren(this.image, this.layer);
    this.bitmap = new Image();
    this.bitmap.src = "picture.jpg";
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.hover(event));
    svg.addEventListener("pointerleave", () => { this.loupe.hidden = true; });
    new ResizeObserver(() => this.redraw()).observe(svg);
  }

  // marks: [{id, number, x, y, quality, chosen}]; lines: [[[x, y], ...], ...]; ghost, cursor: [x, y] or null.
  draw({ marks, lines, poor, ghost, cursor, armed }) {
    Object.assign(this, { marks, lines, poor, ghost, cursor, armed });
    this.redraw();
  }

  redraw() {
    this.scale = this.svg.getScreenCTM()?.a || 1;
    const size = (pixels) => pixels / this.scale;
    const parts = [];
    const paths = this.lines.map((line) => `M${line.map((point) => point.join(" ")).join("L")}`).join("");
    if (paths) { // in an svg of their own, which cuts them at the picture's edge
      const inner = shape("svg", { width: this.width, height: this.height });
      inner.append(shape("path", { class: "under", d: paths }), shape("path", { class: "over", d: paths }));
      parts.push(inner);
    }
    this.svg.classList.toggle("poor", Boolean(this.poor));
    if (this.ghost) parts.push(shape("circle", { class: "ghost", cx: this.ghost[0], cy: this.ghost[1], r: size(9) }));
    for (const mark of this.marks) {
      const group = shape("g", { class: `mark ${mark.quality}${mark.chosen ? " chosen" : ""}`, "data-id": mark.id });
      const arm = (dx, dy) => `M${mark.x + size(3 * dx)} ${mark.y + size(3 * dy)}L${mark.x + size(11 * dx)} ${mark.y + size(11 * dy)}`;
      group.append(
        shape("circle", { class: "halo", cx: mark.x, cy: mark.y, r: size(7) }),
        shape("circle", { cx: mark.x, cy: mark.y, r: size(7) }),
        shape("path", { d: arm(1, 0) + arm(-1, 0) + arm(0, 1) + arm(0, -1) }),
        shape("text", { x: mark.x + size(10), y: mark.y - size(9), "font-size": size(13) }, String(mark.number)),
      );
      parts.push(group);
    }
    if (this.cursor) {
      const [x, y] = this.cursor;
      parts.push(shape("path", { class: "cross", d: `M${x - size(14)} ${y}h${size(28)}M${x} ${y - size(14)}v${size(28)}` }));
    }
    this.layer.replaceChildren(...parts);
  }

  at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    const inside = point.x >= 0 && point.y >= 0 && point.x <= this.width && point.y <= this.height;
    return { x: Math.min(Math.max(point.x, 0), this.width), y: Math.min(Math.max(point.y, 0), this.height), inside };
  }

  down(event) {
    if (event.button !== 0) return;
    const { x, y, inside } = this.at(event);
    const near = this.marks
      .map((mark) => ({ mark, far: Math.hypot(mark.x - x, mark.y - y) * this.scale }))
      .filter(({ far }) => far <= GRIP)
      .sort((a, b) => a.far - b.far)[0]?.mark;
    // While a point is chosen, a click marks it even beside another one: corners can be close together.
    if (!near || (this.armed && !near.chosen)) {
      if (inside) this.on.mark(x, y);
      return;
    }
    this.on.take(near.id);
    this.svg.setPointerCapture(event.pointerId);
    let first = true;
    const [dx, dy] = [near.x - x, near.y - y];
    const move = (moved) => {
      const to = this.at(moved);
      if (first && Math.hypot(to.x - x, to.y - y) * this.scale < 2) return; // the hand trembles
      this.on.move(near.id, to.x + dx, to.y + dy, first);
      first = false;
    };
    const up = () => {
      this.svg.removeEventListener("pointermove", move);
      for (const kind of ["pointerup", "pointercancel"]) this.svg.removeEventListener(kind, up);
    };
    this.svg.addEventListener("pointermove", move);
    for (const kind of ["pointerup", "pointercancel"]) this.svg.addEventListener(kind, up);
  }

  hover(event) {
    const { x, y, inside } = this.at(event);
    this.loupe.hidden = !inside;
    if (inside) this.magnify(x, y);
  }

  // Show the magnifier for a position in the picture, beside it and inside the stage.
  magnify(x, y) {
    this.loupe.hidden = false;
    const side = this.loupe.width;
    const zoom = Math.min(Math.max(4 * this.scale, 3), 12); // screen pixels per pixel of the film
    const context = this.loupe.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, side, side);
    context.imageSmoothingEnabled = false;
    context.setTransform(zoom, 0, 0, zoom, side / 2 - x * zoom, side / 2 - y * zoom);
    context.drawImage(this.bitmap, 0, 0);
    context.lineWidth = 1.5 / zoom;
    context.strokeStyle = this.poor ? "#e5606a" : "#f08a3c";
    for (const line of this.lines) {
      context.beginPath();
      for (const point of line) context.lineTo(...point);
      context.stroke();
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.lineWidth = 1;
    context.strokeStyle = "#fff";
    context.beginPath();
    for (const [fx, fy, tx, ty] of [[0, 0.5, 0.46, 0.5], [0.54, 0.5, 1, 0.5], [0.5, 0, 0.5, 0.46], [0.5, 0.54, 0.5, 1]]) {
      context.moveTo(fx * side, fy * side);
      context.lineTo(tx * side, ty * side);
    }
    context.stroke();
    const stage = this.svg.getBoundingClientRect();
    const spot = new DOMPoint(x, y).matrixTransform(this.svg.getScreenCTM());
    const beside = (left, room) => (left + 28 + side < room ? left + 28 : left - 28 - side);
    this.loupe.style.left = `${Math.max(0, beside(spot.x - stage.left, stage.width))}px`;
    this.loupe.style.top = `${Math.max(0, Math.min(spot.y - stage.top - side / 2, stage.height - side - 4))}px`;
  }
}
