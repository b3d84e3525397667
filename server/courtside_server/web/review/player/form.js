// How two forms differ: heatmaps of joints over steps, and both bodies at one step.
import { svg } from "/lib/court.js";
import { element } from "/lib/dom.js";

export const joints = ["nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder", "left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle"];
const bones = [[5, 6], [5, 7], [7, 9], [6, 8], [8, 10], [5, 11], [6, 12], [11, 12], [11, 13], [13, 15], [12, 14], [14, 16]];
const body = 5; // Joints before this one are those of the face.
const fullColour = 0.5; // Torso lengths that get the strongest colour.
const worthArrow = 0.08; // Torso lengths below which a joint is where it should be.

const read = (values) => values.map(Number); // protobuf's JSON has NaN as a text

export class Comparison {
  constructor(answer) {
    this.steps = answer.frames;
    this.horizontal = read(answer.horizontal);
    this.vertical = read(answer.vertical);
    this.shot = read(answer.shotJoints);
    this.reference = read(answer.referenceJoints);
    this.torsoCm = answer.torsoCm;
    this.warning = answer.warning;
    this.distance = answer.baselineDistance;
  }

  // x and y of a joint, y upwards; null where it was not seen.
  #joint(values, step, joint) {
    const at = 2 * (step * joints.length + joint);
    return Number.isFinite(values[at]) ? { x: values[at], y: values[at + 1] } : null;
  }

  length(torsos) {
    return this.torsoCm ? `${(torsos * this.torsoCm).toFixed(0)} cm` : `${torsos.toFixed(2)} torsos`;
  }

  drawHeat(canvas, values) {
    const rows = joints.length - body;
    canvas.width = this.steps;
    canvas.height = rows;
    const g = canvas.getContext("2d");
    const image = g.createImageData(this.steps, rows);
    for (let row = 0; row < rows; row += 1) {
      for (let step = 0; step < this.steps; step += 1) {
        const value = values[step * joints.length + row + body];
        const share = Number.isFinite(value) ? Math.max(-1, Math.min(1, value / fullColour)) : 0;
        const warm = share > 0;
        const rest = 255 * (1 - Math.abs(share));
        image.data.set(Number.isFinite(value) ? [warm ? 225 + rest * 0.12 : rest * 0.95, 110 * (1 - rest / 255) + rest * 0.95, warm ? rest * 0.9 : 200 + rest * 0.2, 255] : [128, 128, 128, 255], 4 * (row * this.steps + step));
      }
    }
    g.putImageData(image, 0, 0);
  }

  drawBodies(root, step) {
    const all = [];
    for (let one = 0; one < this.steps; one += 1) for (let joint = body; joint < joints.length; joint += 1) all.push(this.#joint(this.shot, one, joint), this.#joint(this.reference, one, joint));
    const seen = all.filter(Boolean);
    const xs = seen.map((point) => point.x), ys = seen.map((point) => -point.y);
    const left = Math.min(...xs) - 0.2, top = Math.min(...ys) - 0.2;
    root.setAttribute("viewBox", `${left} ${top} ${Math.max(...xs) + 0.2 - left} ${Math.max(...ys) + 0.2 - top}`);
    const head = svg("marker", { id: "head", viewBox: "0 0 6 6", refX: 5, refY: 3, markerWidth: 6, markerHeight: 6, orient: "auto" });
    head.append(svg("path", { d: "M0 0L6 3L0 6z" }));
    const parts = [head];
    for (const [values, kind] of [[this.reference, "reference"], [this.shot, "shot"]]) {
      for (const [one, two] of bones) {
        const a = this.#joint(values, step, one), b = this.#joint(values, step, two);
        if (a && b) parts.push(svg("line", { x1: a.x, y1: -a.y, x2: b.x, y2: -b.y, class: kind }));
      }
    }
    for (let joint = body; joint < joints.length; joint += 1) {
      const a = this.#joint(this.shot, step, joint), b = this.#joint(this.reference, step, joint);
      if (a && b && Math.hypot(a.x - b.x, a.y - b.y) > worthArrow) parts.push(svg("line", { x1: a.x, y1: -a.y, x2: b.x, y2: -b.y, class: "arrow" }));
    }
    root.replaceChildren(...parts);
  }

  // The joints that are farthest from where they should be, on the mean over all steps.
  drawJoints(rows) {
    const mean = (values, joint) => {
      const seen = Array.from({ length: this.steps }, (_, step) => values[step * joints.length + joint]).filter(Number.isFinite);
      return seen.length ? seen.reduce((sum, value) => sum + value, 0) / seen.length : 0;
    };
    const found = joints.map((name, joint) => ({ name, x: mean(this.horizontal, joint), y: mean(this.vertical, joint) })).slice(body)
      .sort((a, b) => Math.hypot(b.x, b.y) - Math.hypot(a.x, a.y)).slice(0, 5);
    rows.replaceChildren(...found.map((one) => element("tr", {}, element("td", {}, one.name),
      element("td", {}, `${this.length(Math.abs(one.x))} ${one.x >= 0 ? "right" : "left"}`), element("td", {}, `${this.length(Math.abs(one.y))} ${one.y >= 0 ? "up" : "down"}`))));
  }
}
