// The page: films that are sent, wait, are analyzed and are done; the shots of the one that is chosen.
import { Refused, call, send } from "/films/upload.js";
import { drawCourt, drawShots } from "/lib/court.js";
import { metres, resultOf, stateOf, typeOf, zoneOf } from "/lib/words.js";

const $ = (selector) => document.querySelector(selector);
const lead = 2; // Seconds of film before a release, and after it.
const trail = 3;
const open = new Set(["uploading", "queued", "running"]);
const sending = new Map(); // film id: { sent, note, stop }
const rows = new Map();
const court = drawCourt($("#chart"));
let films = [];
let chosen = "";
let drawn = "";
let until = Infinity;

const bytes = (count) => count < 1e6 ? `${Math.ceil(count / 1e3)} kB` : count < 1e9 ? `${(count / 1e6).toFixed(0)} MB` : `${(count / 1e9).toFixed(1)} GB`;
const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function show(text) {
  $("#problem").textContent = text;
  $("#problem").hidden = !text;
}

function stateText(film) {
  const here = sending.get(film.id);
  if (here) return `${bytes(here.sent)} of ${bytes(film.size)} sent. ${here.note}`;
  return {
    uploading: `${bytes(film.received)} of ${bytes(film.size)} sent. Choose the film again to go on.`,
    queued: film.before ? `Waits; ${film.before} before it.` : "Waits.",
    running: film.work === "candidates" ? `Candidates to label are looked for, ${Math.floor(100 * film.progress)} %.` : `Is analyzed${film.seconds ? `, ${Math.floor(100 * film.progress)} % of ${minutes(film.seconds)}` : ""}. ${film.shots} shots so far.`,
    done: `${film.shots} ${film.shots === 1 ? "shot" : "shots"}${film.seconds ? ` in ${minutes(film.seconds)}` : ""}.`,
    failed: film.error,
    cancelled: `Cancelled. ${film.shots} shots were found.`,
  }[film.state];
}

function button(text, film, action) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = text;
  node.dataset.do = text.toLowerCase();
  node.setAttribute("aria-label", `${text}: ${film.name}`);
  node.addEventListener("click", () => Promise.resolve(action()).catch((error) => show(error.message)).then(refresh));
  return node;
}

function row(film) {
  const item = document.createElement("li");
  item.dataset.film = film.id;
  const [name, state, bar, buttons] = ["div", "div", "progress", "div"].map((tag) => document.createElement(tag));
  [name.className, state.className, buttons.className] = ["name", "state", "buttons"];
  bar.setAttribute("aria-label", `Progress of ${film.name}`);
  item.append(name, buttons, state, bar);
  return { item, name, state, bar, buttons, shown: "" };
}

function drawRow(film) {
  if (!rows.has(film.id)) rows.set(film.id, row(film));
  const parts = rows.get(film.id);
  const here = sending.get(film.id);
  parts.item.className = film.state;
  parts.item.dataset.state = film.state;
  parts.name.textContent = film.name;
  parts.state.textContent = stateText(film);
  parts.bar.hidden = !open.has(film.state);
  const share = film.state === "uploading" ? (here?.sent ?? film.received) / film.size : film.progress;
  if (film.state === "running" && !film.seconds) parts.bar.removeAttribute("value");
  else parts.bar.value = share;
  const shown = `${film.state} ${Boolean(here)} ${film.received === film.size}`;
  if (parts.shown === shown) return parts.item; // a button that has the focus keeps it
  parts.shown = shown;
  const post = (what) => () => call("POST", `/v1/films/${film.id}:${what}`);
  const made = [];
  if (["running", "done", "cancelled"].includes(film.state)) made.push(button("Shots", film, () => { location.hash = film.id; }));
  if (here) made.push(button("Stop", film, () => here.stop()));
  if (["queued", "running"].includes(film.state)) made.push(button("Cancel", film, post("cancel")));
  if (["failed", "cancelled"].includes(film.state) && film.received === film.size) made.push(button("Again", film, post("analyze")));
  if (!here && film.state !== "running") {
    made.push(button("Delete", film, async () => {
      if (confirm(`Delete ${film.name}? Its shots stay in the event log.`)) await call("DELETE", `/v1/films/${film.id}`);
    }));
  }
  parts.buttons.replaceChildren(...made);
  return parts.item;
}

let limited = false;
async function refresh() {
  const answer = await call("GET", "/v1/films").catch((error) => {
    if (error instanceof Refused) show(error.message);
    return null;
  });
  document.body.classList.toggle("away", !answer);
  if (!answer) return;
  ({ films } = answer);
  if (!limited) {
    limited = true;
    $("#limits").textContent = answer.enabled ? `Up to ${bytes(answer.limits.maxBytes)} each; MP4, MOV, MKV, WebM, AVI or TS.` : "This gateway takes no films.";
    $("#files").disabled = !answer.enabled;
  }
  const items = films.map(drawRow);
  const list = $("#films");
  for (const [id, parts] of rows) if (!films.some((film) => film.id === id)) { parts.item.remove(); rows.delete(id); }
  items.forEach((item, at) => { if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null); });
  $("#none").hidden = films.length > 0;
  const film = films.find((one) => one.id === chosen);
  if (chosen && !film) { location.hash = ""; choose(); }
  if (film && drawn !== `${film.id} ${film.shots} ${film.state}`) await drawShotsOf(film);
}

async function take(files) {
  show("");
  for (const file of files) {
    const stop = new AbortController();
    let id = "";
    const on = (film, sent, note) => {
      id = film.id;
      const first = !sending.has(id);
      sending.set(id, { sent, note, stop: () => stop.abort() });
      const known = films.find((one) => one.id === id);
      if (first || !known) refresh(); else drawRow(known);
    };
    try {
      await send(file, { on, busy: (film) => sending.has(film), signal: stop.signal });
      $("#status").textContent = `${file.name} is sent.`;
    } catch (error) {
      if (error.name !== "AbortError") show(`${file.name}: ${error.message}`);
    }
    sending.delete(id);
    await refresh();
  }
}

// One film after another: two at once would only share the connection.
let taking = Promise.resolve();
function enqueue(files) {
  const list = [...files];
  taking = taking.then(() => take(list));
}

async function drawShotsOf(film) {
  const { events } = await call("GET", `/v1/games/${film.game}/snapshot?kinds=shot`);
  drawn = `${film.id} ${film.shots} ${film.state}`;
  const shots = events.filter((event) => stateOf(event) !== "retracted").sort((a, b) => a.mediaOffset - b.mediaOffset);
  drawShots(court, shots);
  const made = shots.filter((event) => resultOf(event) === "made").length;
  const missed = shots.filter((event) => resultOf(event) === "missed").length;
  $("#title").textContent = film.name;
  $("#advice").textContent = film.advice;
  $("#advice").hidden = !film.advice;
  $("#overlay").href = `/overlay/?game=${film.game}`;
  $("#review").href = `/review/?game=${film.game}`;
  $("#condensed").hidden = !film.condensed;
  $("#condensed a").href = `/v1/films/${film.id}/condensed.mp4`;
  $("#condensed a").textContent = `Condensed film, ${minutes(film.condensed)}`;
  $("#label").href = `/label/?film=${film.id}`;
  $("#export").href = `/v1/games/${film.game}/export/csv`;
  $("#sum").textContent = shots.length ? `${shots.length} shots: ${made} made, ${missed} missed, ${shots.length - made - missed} not known.` : open.has(film.state) ? "No shot yet." : "No shot was found.";
  $("#shots").replaceChildren(...shots.map((event) => {
    const item = document.createElement("li");
    const node = document.createElement("button");
    node.type = "button";
    node.dataset.event = event.eventId;
    item.className = resultOf(event);
    const result = { made: "made", missed: "missed", unknown: "result not known" }[resultOf(event)];
    const [first, second] = [document.createElement("strong"), document.createElement("span")];
    first.textContent = `${minutes(event.mediaOffset ?? 0)}  ${result}`;
    second.textContent = [zoneOf(event), typeOf(event), metres(event)].filter(Boolean).join(", ");
    node.append(first, second);
    node.addEventListener("click", () => play(event, node));
    item.append(node);
    return item;
  }));
}

function play(event, node) {
  for (const other of document.querySelectorAll("#shots button")) other.removeAttribute("aria-current");
  node.setAttribute("aria-current", "true");
  const player = $("#player");
  player.currentTime = Math.max(0, (event.mediaOffset ?? 0) - lead);
  until = (event.mediaOffset ?? 0) + trail;
  player.play().catch(() => {});
}

function choose() {
  const id = location.hash.slice(1);
  const film = films.find((one) => one.id === id);
  chosen = film ? id : "";
  $("#result").hidden = !film;
  const player = $("#player");
  const address = film ? `/v1/films/${id}/content` : "";
  if (player.dataset.film !== chosen) {
    player.dataset.film = chosen;
    $("#unplayable").hidden = true;
    player.hidden = false;
    if (film) player.src = address; else player.removeAttribute("src");
  }
  drawn = "";
  if (film) drawShotsOf(film).then(() => $("#result").focus());
}

$("#files").addEventListener("change", (event) => { enqueue(event.target.files); event.target.value = ""; });
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault(); // a film that misses the field must not replace the page
    $("#drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) enqueue(event.dataTransfer.files);
  });
}
$("#player").addEventListener("error", () => {
  if (!$("#player").getAttribute("src")) return;
  $("#player").hidden = true;
  $("#unplayable").hidden = false;
});
$("#player").addEventListener("timeupdate", () => {
  if ($("#player").currentTime >= until) { $("#player").pause(); until = Infinity; }
});
addEventListener("hashchange", choose);
addEventListener("beforeunload", (event) => { if (sending.size) event.preventDefault(); });

await refresh();
choose();
// Often while there is work; a hidden page rests.
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, films.some((film) => open.has(film.state)) ? 1000 : 4000));
  if (document.visibilityState === "visible") await refresh();
}
