// Labels a film's shots: candidates of the models, the most uncertain first, and shots that nobody found.
import { call } from "/films/upload.js";
import { drawCourt, svg } from "/lib/court.js";

const $ = (selector) => document.querySelector(selector);
const id = new URLSearchParams(location.search).get("film") ?? "";
const base = `/v1/films/${encodeURIComponent(id)}`;
const types = ["unknown", "jump_shot", "layup", "dunk", "free_throw", "catch_and_shoot", "step_back", "side_step"];
const near = 0.8; // seconds between a label and the candidate that it answers
const halfLength = 14.325;
const player = $("#player");
let [items, times, revision, at, frame, saving, dirty] = [[], [], 0, -1, 0, false, false];

// An item of the queue: { frame, label, candidate }; without a label it is open.
const words = (text) => text.replaceAll("_", " ");
const typeName = (type) => (type === "unknown" ? "type unknown" : words(type));
const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, "0")}`;

function show(text) {
  $("#problem").textContent = text;
  $("#problem").hidden = !text;
}

function frameAt(seconds) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= seconds + 1e-4) low = middle; else high = middle - 1;
  }
  return low;
}

function seek(number) {
  player.pause();
  frame = Math.max(0, Math.min(times.length - 1, number));
  const next = times[frame + 1] ?? times[frame] + 0.02;
  player.currentTime = (times[frame] + next) / 2; // the middle of a frame is that frame in every browser
  drawFrame();
}

function drawFrame() {
  $("#frame").textContent = times.length ? `Frame ${frame} of ${times.length - 1}, ${clock(times[frame])}` : "";
}

const current = () => items[at];

function textOf({ label, candidate }) {
  if (!label) return `${Math.round(100 * candidate.probability)} % a shot`;
  return label.happened ? `${label.result === "unknown" ? "result unknown" : label.result}, ${typeName(label.type)}${label.court ? "" : ", no place"}` : "no shot";
}

function draw() {
  const item = current();
  const open = items.filter((one) => !one.label).length;
  $("#count").textContent = items.length ? `${open} open of ${items.length}.` : "Nothing in the queue: find candidates, or add shots yourself.";
  $("#queue").replaceChildren(...items.map((one, number) => {
    const [entry, node] = [document.createElement("li"), document.createElement("button")];
    node.type = "button";
    node.className = one.label ? "" : "open";
    node.textContent = `${clock(times[one.frame] ?? 0)}  ${textOf(one)}`;
    if (number === at) node.setAttribute("aria-current", "true");
    node.addEventListener("click", () => go(number));
    entry.append(node);
    return entry;
  }));
  $("#queue [aria-current]")?.scrollIntoView({ block: "nearest" });
  $("#now").textContent = item ? `${at + 1} of ${items.length}: ${textOf(item)}${item.label?.happened ? `, release at frame ${item.label.frame}` : ""}` : "";
  for (const node of $("#buttons").children) {
    const [, , , pressed] = actions[node.dataset.key];
    if (pressed) node.setAttribute("aria-pressed", String(Boolean(item?.label && pressed(item.label))));
  }
  layer.replaceChildren();
  const place = item?.label?.court;
  if (place) {
    const side = place[0] >= 0 ? 1 : -1;
    layer.append(svg("circle", { cx: -side * place[1], cy: halfLength - side * place[0], r: 0.3, class: "spot" }));
  }
}

function go(number) {
  if (!items.length) return;
  at = (number + items.length) % items.length;
  seek(items[at].label?.frame ?? items[at].frame);
  draw();
}

function nextOpen() {
  for (let step = 1; step <= items.length; step += 1) {
    const number = (at + step) % items.length;
    if (!items[number].label) return go(number);
  }
  return draw();
}

function change(values) {
  const item = current();
  if (!item) return;
  const guess = item.candidate ?? {};
  item.label = { frame: item.frame, happened: true, result: "unknown", type: guess.type ?? "unknown", court: guess.court ?? null, ...item.label, ...values };
  if (!("happened" in values)) item.label.happened = true;
  item.frame = item.label.frame;
  draw();
  save();
}

function move(x, y) {
  const place = current()?.label?.court ?? current()?.candidate?.court ?? [halfLength - 6, 0];
  const clamp = (value, most) => Math.round(100 * Math.max(-most, Math.min(most, value))) / 100;
  change({ court: [clamp(place[0] + x, 14.3), clamp(place[1] + y, 7.6)] });
}

// Key: [name, what it does, its button's group, whether a label has it]
const actions = {
  ",": ["Frame back", () => seek(frame - 1)],
  ".": ["Frame on", () => seek(frame + 1)],
  " ": ["Play", () => { if (player.paused) player.play(); else player.pause(); }],
  r: ["Release is here", () => change({ frame })],
  m: ["Made", () => change({ result: "made" }), "", (label) => label.happened && label.result === "made"],
  x: ["Missed", () => change({ result: "missed" }), "", (label) => label.happened && label.result === "missed"],
  u: ["Result unknown", () => change({ result: "unknown" }), "", (label) => label.happened && label.result === "unknown"],
  n: ["No shot", () => { change({ happened: false }); nextOpen(); }, "", (label) => !label.happened],
  a: ["Add a shot here", () => { items.push({ frame, label: null, candidate: null }); at = items.length - 1; change({ frame }); }],
  Delete: ["Take back", () => { const item = current(); if (!item) return; if (item.candidate) item.label = null; else { items.splice(at, 1); at = Math.min(at, items.length - 1); } draw(); save(); }],
  k: ["Before", () => go(at - 1)],
  j: ["After", () => go(at + 1)],
  Enter: ["Next open", nextOpen],
};
types.forEach((type, number) => { actions[String(number)] = [typeName(type), () => change({ type }), "", (label) => label.happened && label.type === type]; });
const other = {
  ArrowLeft: () => seek(frame - 1), ArrowRight: () => seek(frame + 1), "Shift+ArrowLeft": () => seek(frame - 10), "Shift+ArrowRight": () => seek(frame + 10),
  "Alt+ArrowLeft": () => move(0, 0.25), "Alt+ArrowRight": () => move(0, -0.25), "Alt+ArrowUp": () => move(0.25, 0), "Alt+ArrowDown": () => move(-0.25, 0),
};

for (const [key, [name, action]] of Object.entries(actions)) {
  const [node, shown] = [document.createElement("button"), document.createElement("kbd")];
  node.type = "button";
  node.dataset.key = key;
  node.textContent = name;
  shown.textContent = key === " " ? "Space" : key;
  node.append(shown);
  node.addEventListener("click", () => { action(); node.blur(); });
  $("#buttons").append(node);
}
addEventListener("keydown", (event) => {
  if ($("main").hidden || event.target.matches("input") || event.ctrlKey || event.metaKey) return;
  if ((event.key === "Enter" || event.key === " ") && event.target.matches("button, a")) return; // presses what has the focus
  const key = `${event.altKey ? "Alt+" : ""}${event.shiftKey && event.key.startsWith("Arrow") ? "Shift+" : ""}${event.key}`;
  const action = other[key] ?? (event.altKey ? undefined : actions[key]?.[1]);
  if (!action) return;
  event.preventDefault();
  action();
});

const layer = drawCourt($("#court"));
$("#court").addEventListener("click", (event) => {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform($("#court").getScreenCTM().inverse());
  const [x, y] = [halfLength - point.y, -point.x];
  change({ court: [Math.round(100 * x) / 100, Math.round(100 * y) / 100] });
});
player.addEventListener("timeupdate", () => {
  if (!player.paused && times.length) { frame = frameAt(player.currentTime); drawFrame(); }
});
player.addEventListener("pause", () => { if (times.length) { frame = frameAt(player.currentTime); drawFrame(); } });
player.addEventListener("error", () => show("This browser cannot play this film: send it as MP4 with H.264, or use another browser."));
$("#speed").addEventListener("change", () => save());

// One request at a time; what changes meanwhile is sent after it.
async function save() {
  dirty = true;
  document.body.dataset.saved = "false";
  if (saving) return;
  saving = true;
  try {
    while (dirty) {
      dirty = false;
      const labels = items.filter((one) => one.label).map((one) => one.label);
      const answer = await fetch(`${base}/labels`, {
        method: "PUT", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ revision, labels, playbackSpeed: Number($("#speed").value) }),
      });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.error);
      ({ revision } = body);
      document.body.dataset.revision = revision;
    }
    document.body.dataset.saved = "true";
    show("");
  } catch (error) {
    show(`Not saved: ${error.message}`);
  }
  saving = false;
}

async function load() {
  const found = await call("GET", `${base}/labels`);
  ({ revision } = found);
  times = found.frames ?? [];
  $("#speed").value = found.playbackSpeed;
  $("#table").href = `${base}/labels.csv`;
  const free = [...found.labels];
  items = (found.candidates ?? []).map((candidate) => {
    const number = free.findIndex((label) => Math.abs(times[label.frame] - candidate.time) < near);
    const [label] = number < 0 ? [null] : free.splice(number, 1);
    return { frame: label?.frame ?? frameAt(candidate.time), label, candidate };
  });
  items.push(...free.map((label) => ({ frame: label.frame, label, candidate: null })));
  const { film } = found;
  const working = film.work === "candidates" && (film.state === "queued" || film.state === "running");
  $("#film").textContent = `${film.name}${working ? `: candidates are looked for, ${Math.floor(100 * film.progress)} %` : film.state === "failed" ? `: ${film.error}` : ""}`;
  $("#propose").hidden = working;
  $("#propose").textContent = found.candidates ? "Find candidates again" : "Find candidates";
  return { working, ready: Boolean(found.frames) };
}

async function follow() {
  for (;;) {
    const { working, ready } = await load();
    $("main").hidden = false;
    $("#work").hidden = !ready;
    draw();
    if (!working) {
      if (ready && items.length) nextOpen();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

$("#propose").addEventListener("click", () => call("POST", `${base}:propose`).then(follow).catch((error) => { $("#film").textContent = error.message; }));
if (id) {
  player.src = `${base}/content`;
  follow().catch((error) => { $("#film").textContent = error.message; });
}
