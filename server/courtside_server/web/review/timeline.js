// The timeline: a lane for each camera and session, shots over media time, and a curve of their probabilities.
import { cameraOf, mediaClock } from "/lib/shots.js";
import { resultOf, stateOf } from "/lib/words.js";

const laneHeight = 58;
const axisHeight = 18;
const nearPixels = 8;

export const laneOf = (event) => `${event.camera}|${event.session ?? ""}|${event.mediaSegment ?? 0}`;

export class Timeline {
  constructor(canvas, { onPick, onSeek }) {
    Object.assign(this, { canvas, onPick, onSeek, shots: [], view: null, selected: null, moment: null, bookmarks: new Set() });
    canvas.addEventListener("click", (click) => this.#click(click));
    canvas.addEventListener("wheel", (wheel) => {
      if (!wheel.ctrlKey && !wheel.shiftKey) return;
      wheel.preventDefault();
      this.zoom(wheel.deltaY < 0 ? 0.8 : 1.25, this.#timeAt(wheel.offsetX));
    }, { passive: false });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  set(shots) {
    this.shots = shots;
    this.lanes = [...new Set(shots.map(laneOf))].sort();
    const times = shots.map((event) => event.mediaOffset ?? 0);
    this.from = 0;
    this.to = Math.max(10, ...times) * 1.02;
    this.draw();
  }

  zoom(factor, centre = this.selected ? this.selected.mediaOffset ?? 0 : null) {
    const { from, to } = this.view ?? this;
    const middle = centre ?? (from + to) / 2;
    const span = Math.min(Math.max((to - from) * factor, 2), this.to - this.from);
    const share = (middle - from) / (to - from);
    const start = Math.max(this.from, Math.min(middle - span * Math.min(Math.max(share, 0), 1), this.to - span));
    this.view = span >= this.to - this.from ? null : { from: start, to: start + span };
    this.draw();
  }

  show(event) {
    this.selected = event;
    const time = event?.mediaOffset ?? 0;
    if (event && this.view && (time < this.view.from || time > this.view.to)) {
      const span = this.view.to - this.view.from;
      this.view = { from: Math.max(0, time - span / 2), to: Math.max(0, time - span / 2) + span };
    }
    this.draw();
  }

  #timeAt(x) {
    const { from, to } = this.view ?? this;
    return from + (to - from) * x / this.canvas.clientWidth;
  }

  #click(click) {
    const lane = this.lanes?.[Math.floor(click.offsetY / laneHeight)];
    if (!lane) return;
    const { from, to } = this.view ?? this;
    const near = this.shots.filter((event) => laneOf(event) === lane)
      .map((event) => ({ event, far: Math.abs(((event.mediaOffset ?? 0) - from) / (to - from) * this.canvas.clientWidth - click.offsetX) }))
      .sort((a, b) => a.far - b.far)[0];
    if (near && near.far <= nearPixels) this.onPick(near.event);
    else this.onSeek(lane, this.#timeAt(click.offsetX));
  }

  draw() {
    if (!this.lanes) return;
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = Math.max(1, this.lanes.length) * laneHeight + axisHeight;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.height = `${height}px`;
    }
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`);
    const g = canvas.getContext("2d");
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.clearRect(0, 0, width, height);
    g.font = "12px system-ui, sans-serif";
    const { from, to } = this.view ?? this;
    const x = (time) => (time - from) / (to - from) * width;
    this.#axis(g, x, from, to, height, colour);
    this.lanes.forEach((lane, index) => {
      const base = (index + 1) * laneHeight - 12;
      const own = this.shots.filter((event) => laneOf(event) === lane);
      this.#curve(g, own, x, base, width, colour);
      for (const event of own) this.#mark(g, event, x(event.mediaOffset ?? 0), base, colour);
      g.fillStyle = colour("dim");
      g.fillText(this.#name(lane), 4, base - laneHeight + 24);
    });
    if (this.moment && this.lanes.includes(this.moment.lane)) {
      const top = this.lanes.indexOf(this.moment.lane) * laneHeight;
      g.fillStyle = colour("ball");
      g.fillRect(x(this.moment.time) - 1, top, 2, laneHeight);
    }
  }

  #name(lane) {
    const camera = cameraOf({ camera: lane.split("|")[0] });
    const same = this.lanes.filter((one) => one.split("|")[0] === lane.split("|")[0]);
    return same.length > 1 ? `${camera} (${same.indexOf(lane) + 1})` : camera;
  }

  #axis(g, x, from, to, height, colour) {
    const steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
    const step = steps.find((one) => (to - from) / one <= 10) ?? 7200;
    g.fillStyle = colour("dim");
    g.strokeStyle = colour("rule");
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      g.beginPath();
      g.moveTo(x(time), 0);
      g.lineTo(x(time), height - axisHeight);
      g.stroke();
      g.fillText(mediaClock(time).replace(/\.00$/, ""), x(time) + 2, height - 5);
    }
  }

  // Each shot is a peak as high as its probability and as wide as its release is uncertain, but visible.
  #curve(g, shots, x, base, width, colour) {
    const heights = new Float32Array(Math.ceil(width) + 1);
    for (const event of shots) {
      const middle = x(event.mediaOffset ?? 0);
      const wide = Math.max(2, x((event.mediaOffset ?? 0) + (event.shot.releaseUncertainty ?? 0.1)) - middle);
      for (let at = Math.max(0, Math.floor(middle - 3 * wide)); at <= Math.min(heights.length - 1, middle + 3 * wide); at += 1) {
        heights[at] = Math.max(heights[at], (event.shot.probability ?? 0) * Math.exp(-0.5 * ((at - middle) / wide) ** 2));
      }
    }
    g.beginPath();
    g.moveTo(0, base);
    heights.forEach((share, at) => g.lineTo(at, base - share * (laneHeight - 26)));
    g.lineTo(width, base);
    g.globalAlpha = 0.35;
    g.fillStyle = colour("ball");
    g.fill();
    g.globalAlpha = 1;
    g.strokeStyle = colour("court");
    g.lineWidth = 1;
    g.beginPath();
    g.moveTo(0, base + 0.5);
    g.lineTo(width, base + 0.5);
    g.stroke();
  }

  #mark(g, event, x, base, colour) {
    const result = resultOf(event);
    const gone = stateOf(event) === "retracted";
    g.lineWidth = 2;
    g.strokeStyle = g.fillStyle = gone ? colour("dim") : colour({ made: "good", missed: "bad", unknown: "warn" }[result]);
    g.beginPath();
    if (gone) { g.moveTo(x - 4, base + 6); g.lineTo(x + 4, base + 6); g.stroke(); }
    else if (result === "missed") {
      g.moveTo(x - 4, base + 2); g.lineTo(x + 4, base + 10); g.moveTo(x + 4, base + 2); g.lineTo(x - 4, base + 10); g.stroke();
    } else {
      g.arc(x, base + 6, 4, 0, 7);
      if (result === "made") g.fill(); else g.stroke();
    }
    if (this.bookmarks.has(event.eventId)) {
      g.fillStyle = colour("ball");
      g.beginPath(); g.moveTo(x, base - 30); g.lineTo(x + 8, base - 26); g.lineTo(x, base - 22); g.fill();
    }
    if (this.selected?.eventId === event.eventId) {
      g.strokeStyle = colour("ink");
      g.lineWidth = 1.5;
      g.strokeRect(x - 7, base - 34, 14, 46);
    }
  }
}
