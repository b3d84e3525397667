// Court calibration: choose a point on the plan, click it in the picture, check the court's lines over the picture.
import { list } from "./calibrate-list.js";
import { Picture } from "./calibrate-picture.js";
import { Plan } from "./calibrate-plan.js";

const $ = (id) => document.getElementById(id);
const GOOD = 0.1; // metres by which a point may miss and still count as good
const FAIR = 0.25; // metres up to which it counts as fair

let session, plan, picture;
let untouched = false; // the points are as they were recognised, and nobody has checked them
// A marked point: id (of the plan, or "kept-N" for a point that is not on it), label, x and y in metres, px and py in pixels.
const state = { court: "nba", view: "0", points: [], chosen: null, cursor: null, fit: null, saved: false };
const history = [];

const spots = () => session.courts[state.court].points;
const spotOf = (id) => spots().find((spot) => spot.id === id);
const marked = (id) => state.points.find((point) => point.id === id);
const quality = (miss) => (miss === undefined ? "" : miss <= GOOD ? "good" : miss <= FAIR ? "fair" : "bad");

function labelOf(spot) {
  return state.view === "both" && spot.half !== "both" ? `Basket ${spot.half}: ${spot.label}` : spot.label;
}

// ---- changes ----------------------------------------------------------------------------------------------------

function remember() {
  untouched = false;
  history.push(JSON.stringify({ points: state.points, chosen: state.chosen }));
  if (history.length > 200) history.shift();
}

function undo() {
  if (!history.length) return;
  Object.assign(state, JSON.parse(history.pop()));
  changed();
}

function choose(id, keyboard = false) {
  state.chosen = id;
  state.cursor = null;
  if (id && !marked(id) && keyboard) {
    state.cursor = predicted(spotOf(id)) ?? [session.width / 2, session.height / 2];
  }
  show();
}

function mark(x, y) {
  const spot = state.chosen && spotOf(state.chosen);
  const known = state.chosen && marked(state.chosen);
  if (!spot && !known) {
    showStep("Choose a point on the plan first, then click it in the picture.", "problem");
    return;
  }
  if (!known && state.points.length >= session.limits.max) {
    showStep(`There are ${session.limits.max} points already.`, "problem");
    return;
  }
  remember();
  if (known) Object.assign(known, { px: x, py: y });
  else state.points.push({ id: spot.id, label: labelOf(spot), x: spot.x, y: spot.y, px: x, py: y });
  state.cursor = null;
  changed();
}

function move(id, x, y, first) {
  if (first) remember();
  const point = marked(id);
  point.px = Math.min(Math.max(x, 0), session.width);
  point.py = Math.min(Math.max(y, 0), session.height);
  changed();
}

function remove(id) {
  if (!marked(id)) return;
  remember();
  state.points = state.points.filter((point) => point.id !== id);
  if (state.chosen === id) state.chosen = null;
  changed();
}

function setCourt(court) {
  state.court = court;
  for (const point of state.points) {
    const spot = spotOf(point.id);
    if (spot) Object.assign(point, { x: spot.x, y: spot.y });
  }
  changed();
}

// ---- requests to the command -------------------------------------------------------------------------------------

const rounded = (pixels) => Math.round(100 * pixels) / 100;
const pointPairs = () => ({
  format: "courtside-calibration-1", court: state.court, width: session.width, height: session.height,
  points: state.points.map((point) => ({
    pixel_x: rounded(point.px), pixel_y: rounded(point.py), court_x: point.x, court_y: point.y, label: point.label,
  })),
});

const noFit = { residuals: [], lines: [] };

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const content = await answer.json();
  return answer.ok ? content : { ...noFit, problem: content.problem ?? `refused (${answer.status})`, refused: true };
}

let fitting = false;
let stale = false;

async function refit() {
  stale = true;
  if (fitting) return; // the request under way is repeated when it returns
  fitting = true;
  while (stale) {
    stale = false;
    if (state.points.length < session.limits.min) {
      state.fit = null;
      continue;
    }
    try {
      const fit = await post("fit", { points: pointPairs(), view: state.view });
      if (!stale) state.fit = fit;
    } catch {
      state.fit = { ...noFit, problem: "The command no longer answers: has it ended?" };
    }
  }
  fitting = false;
  show();
}

async function save() {
  if (!savable()) return;
  $("save").disabled = true;
  try {
    const answer = await post("save", pointPairs());
    if (answer.refused) {
      showStep(`Not saved: ${answer.problem}`, "problem");
      $("save").disabled = false;
      return;
    }
    state.saved = true;
    $("summary").textContent = answer.saved;
    $("done").showModal();
  } catch {
    showStep("Not saved: the command no longer answers.", "problem");
  }
}

// ---- showing ----------------------------------------------------------------------------------------------------

function predicted(spot) {
  const m = state.fit?.to_pixels;
  if (!m || !spot) return null;
  const depth = m[6] * spot.x + m[7] * spot.y + m[8];
  const x = (m[0] * spot.x + m[1] * spot.y + m[2]) / depth;
  const y = (m[3] * spot.x + m[4] * spot.y + m[5]) / depth;
  return depth > 0 && x >= 0 && y >= 0 && x <= session.width && y <= session.height ? [x, y] : null;
}

const savable = () => !state.saved && !fitting && state.fit && !state.fit.problem;

function showStep(text, kind = "") {
  $("step").textContent = text;
  $("step").className = kind;
}

function explain() {
  const count = state.points.length;
  const missing = session.limits.min - count;
  const spot = state.chosen && !marked(state.chosen) && spotOf(state.chosen);
  if (untouched && !state.fit?.problem) {
    const sure = Math.round(100 * session.confidence);
    showStep(`This court was recognised (${sure} % sure). Drag points that are off, delete those you cannot see; save once the orange lines lie on the painted lines.`);
  } else if (state.fit?.problem) showStep(`${state.fit.problem[0].toUpperCase()}${state.fit.problem.slice(1)}.`, "problem");
  else if (spot) showStep(`Click “${labelOf(spot)}” in the picture.`);
  else if (missing > 0) {
    showStep(count ? `${missing} more point${missing > 1 ? "s" : ""}: choose the next one on the plan.`
      : "Choose a point on the plan that you can see in the picture, then click it there.");
  } else if (count === session.limits.min) showStep("Four points always fit. Add a fifth point, far from the others, to see how exact they are.");
  else if (state.fit) {
    const worst = Math.max(...state.fit.residuals);
    const centimetres = Math.max(1, Math.round(100 * state.fit.error));
    if (worst <= FAIR) showStep(`${centimetres} cm off (root mean square). Save if the orange lines lie on the painted lines.`, "good");
    else showStep(`${centimetres} cm off (root mean square); the red points miss most: check them with the magnifier.`);
  }
}

function show() {
  const residuals = state.fit?.residuals ?? [];
  const chosenSpot = state.chosen && !marked(state.chosen) ? spotOf(state.chosen) : null;
  plan.draw(session.courts[state.court], state.view, new Set(state.points.map((point) => point.id)), state.chosen);
  picture.draw({
    marks: state.points.map((point, index) => ({
      id: point.id, number: index + 1, x: point.px, y: point.py, quality: quality(residuals[index]),
      chosen: point.id === state.chosen,
    })),
    lines: state.fit?.lines ?? [], poor: state.fit?.problem, ghost: predicted(chosenSpot), cursor: state.cursor,
    armed: Boolean(chosenSpot),
  });
  list($("list"), $("points"), state.points.map((point, index) => ({
    label: spotOf(point.id) ? labelOf(spotOf(point.id)) : point.label || "Kept point",
    miss: residuals[index], quality: quality(residuals[index]), chosen: point.id === state.chosen,
    choose: () => choose(point.id), remove: () => remove(point.id),
  })));
  $("undo").disabled = !history.length;
  $("save").disabled = !savable();
  for (const name of ["court", "view"]) document.querySelector(`input[name=${name}][value="${state[name]}"]`).checked = true;
  explain();
}

function changed() {
  if (state.points.length < session.limits.min) state.fit = null;
  // Until the new fit is there, the old lines are better than none; the old residuals belong to other points.
  else if (state.fit && state.fit.residuals.length !== state.points.length) state.fit = { ...state.fit, residuals: [] };
  refit();
  show();
}

// ---- keys -------------------------------------------------------------------------------------------------------

function key(event) {
  if (state.saved || !session) return;
  const control = event.ctrlKey || event.metaKey;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const chosen = state.chosen && marked(state.chosen);
  if (control && event.key.toLowerCase() === "z") undo();
  else if (control && event.key.toLowerCase() === "s") save();
  else if (control || event.target.matches?.("input")) return;
  else if (event.key === "Escape") choose(null);
  else if ((event.key === "Delete" || event.key === "Backspace") && chosen) remove(chosen.id);
  else if (event.key.toLowerCase() === "t") { plan.turn(); show(); }
  else if (way && (chosen || state.cursor)) {
    const step = event.shiftKey ? 10 : event.altKey ? 0.25 : 1;
    const [x, y] = chosen ? [chosen.px, chosen.py] : state.cursor;
    const to = [x + step * way[0], y + step * way[1]];
    if (chosen) move(chosen.id, ...to, !event.repeat);
    else {
      state.cursor = [Math.min(Math.max(to[0], 0), session.width), Math.min(Math.max(to[1], 0), session.height)];
      show();
    }
    picture.magnify(...(chosen ? [chosen.px, chosen.py] : state.cursor));
  } else if (event.key === "Enter" && state.cursor && document.activeElement === $("picture")) mark(...state.cursor);
  else return;
  event.preventDefault();
}

// ---- start ------------------------------------------------------------------------------------------------------

function restore(points) {
  state.points = points.map((point, index) => {
    const spot = spots().find((s) => Math.hypot(s.x - point.court_x, s.y - point.court_y) < 0.01);
    return {
      id: spot?.id ?? `kept-${index}`, label: point.label, x: point.court_x, y: point.court_y,
      px: point.pixel_x, py: point.pixel_y,
    };
  });
  const halves = new Set(state.points.map((point) => spotOf(point.id)?.half ?? "both"));
  state.view = halves.has("0") && halves.has("1") ? "both" : halves.has("1") ? "1" : "0";
}

async function start() {
  let loaded;
  try {
    const answer = await fetch("session.json");
    if (!answer.ok) throw new Error(String(answer.status));
    loaded = await answer.json();
  } catch {
    showStep("This page is part of the command “courtside calibrate FILE --out calibration.json”: open the address that it prints.", "problem");
    return;
  }
  session = loaded;
  state.court = session.court;
  $("film").textContent = `${session.name}, ${session.at.toFixed(2)} s, ${session.width}×${session.height}`;
  plan = new Plan($("plan"), {
    pick: (id, keyboard) => {
      choose(id, keyboard);
      if (keyboard) $("picture").focus({ preventScroll: true });
    },
    point: (id) => { $("name").textContent = id ? labelOf(spotOf(id)) : ""; },
  });
  picture = new Picture($("picture"), $("loupe"), session.width, session.height, {
    mark: (x, y) => mark(x, y), take: (id) => choose(id), move,
  });
  if (session.width > 2.6 * session.height) { // a panorama uses the whole width
    document.querySelector("main").classList.add("wide");
    $("stage").style.aspectRatio = `${session.width} / ${session.height}`;
  }
  restore(session.points);
  untouched = session.confidence !== null && session.points.length > 0;
  $("undo").addEventListener("click", undo);
  $("save").addEventListener("click", save);
  $("turn").addEventListener("click", () => { plan.turn(); show(); });
  $("courts").addEventListener("change", (event) => setCourt(event.target.value));
  $("views").addEventListener("change", (event) => { state.view = event.target.value; changed(); });
  document.addEventListener("keydown", key);
  addEventListener("beforeunload", (event) => { if (history.length && !state.saved) event.preventDefault(); });
  changed();
}

start();
