// Review: a game's shots with film, chart and timeline, and what people correct of them.
//   game=ID  shot=EVENT  a link to a moment; zone=, type=, result=, team=, player=, period=, camera=, state= choose shots
import { spot } from "/lib/court.js";
import { $, element, gameNames, gamePath, namesGame, setText } from "/lib/dom.js";
import { Feed } from "/lib/feed.js";
import { cameraOf, camerasOf, doubt, isCorrected, mediaClock } from "/lib/shots.js";
import { clockText, metres, percent, pointsOf, resultOf, shooterOf, sideOf, stateOf, typeOf, zoneOf } from "/lib/words.js";
import { Chart, onCourt } from "/review/chart.js";
import { Corrections, facts, inWords, typeName, types } from "/review/corrections.js";
import { Film } from "/review/film.js";
import { laneOf, Timeline } from "/review/timeline.js";

// Formats of `/v1/games/{game}/export/{format}` that people take away, with what reads them.
const exportNames = {
  csv: "Table of shots (CSV)", json: "All events (JSON)", sportscode: "Sportscode, Hudl, Nacsport, LongoMatch (XML)", nba: "NBA play-by-play (JSON)", fiba: "FIBA LiveStats (JSON)",
  webvtt: "Chapters of the film (WebVTT)", png: "Shot chart (PNG)", svg: "Shot chart (SVG)",
};
const toastFor = 6000; // Milliseconds.
const rowsAtOnce = 60;
const clipBefore = 4; // Seconds of a clip before and after the release.
const clipAfter = 3;
const before = 2; // Seconds of film before a release that a replay shows.
const aimStep = 0.25; // Metres of an arrow key in place mode.

const params = new URLSearchParams(location.search);
const saved = {
  get: (key, fallback) => { try { return JSON.parse(localStorage.getItem(`courtside.${key}`)) ?? fallback; } catch { return fallback; } },
  set: (key, value) => { try { localStorage.setItem(`courtside.${key}`, JSON.stringify(value)); } catch { /* private windows keep nothing */ } },
};

let game = namesGame(params.get("game") ?? "") ? params.get("game") : "";
let feed = null;
let corrections = null;
let selected = params.get("shot");
let order = "time";
let bookmarks = new Set();
let lastCorrected = "";
let list = []; // what passes the filters, in the order shown
let toastTimer = 0;
let rowsTimer = 0;
let rowsDrawn = 0;
const rows = new Map(); // event id -> { node, revision, marked }
const film = new Film($("#video"));
const chart = new Chart($("#chart"), { onPick: (event) => select(event.eventId), onPlace: placeAt });
const timeline = new Timeline($("#timeline"), { onPick: (event) => select(event.eventId), onSeek: seekLane });

// ---- filters ---------------------------------------------------------------------------------------------------------

const periodOf = (event) => (event.gameTime?.period ? String(event.gameTime.period) : "");
const filters = {
  result: { label: "Result", value: resultOf }, zone: { label: "Zone", value: zoneOf }, type: { label: "Type", value: typeOf },
  team: { label: "Team", value: sideOf }, player: { label: "Player", value: shooterOf }, period: { label: "Period", value: periodOf },
  camera: { label: "Camera", value: cameraOf },
  state: { label: "State", value: (event) => (stateOf(event) === "retracted" ? "retracted" : "standing"), start: "standing" },
  mark: { label: "Marked", value: (event) => (bookmarks.has(event.eventId) ? "bookmarked" : isCorrected(event) ? "corrected" : "") },
};
for (const [name, one] of Object.entries(filters)) {
  one.select = element("select", { id: `filter-${name}` });
  one.select.addEventListener("change", () => { rowsDrawn = 0; remember(); draw(); });
  one.wanted = params.get(name) ?? one.start ?? "";
  $("#filters").append(element("label", {}, `${one.label} `, one.select));
}
const clear = element("button", {}, "Clear");
clear.addEventListener("click", () => { for (const one of Object.values(filters)) one.select.value = one.wanted = one.start ?? ""; remember(); draw(); });
$("#filters").append(clear);

function fillFilters(shots) {
  for (const one of Object.values(filters)) {
    const wanted = one.select.options.length ? one.select.value : one.wanted;
    const values = [...new Set([...shots.map(one.value), wanted, one.start])].filter(Boolean).sort();
    if (one.select.options.length && [...one.select.options].slice(1).map((option) => option.value).join("|") === values.join("|")) continue;
    one.select.replaceChildren(element("option", { value: "" }, "all"), ...values.map((value) => element("option", { value }, teamName(value) ?? value)));
    one.select.value = wanted;
  }
}

const teamName = (side) => (side === "home" || side === "away" ? feed.state?.[side]?.name || side : null);
const passes = (event, without = "") => Object.entries(filters).every(([name, one]) => name === without || !one.select.value || one.value(event) === one.select.value);

function remember() {
  const next = new URLSearchParams({ game });
  if (selected) next.set("shot", selected);
  for (const [name, one] of Object.entries(filters)) if (one.select.value !== (one.start ?? "")) next.set(name, one.select.value);
  history.replaceState(null, "", `?${next}`);
}

// ---- drawing ---------------------------------------------------------------------------------------------------------

let due = false;
function drawSoon() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; draw(); });
}

function draw() {
  performance.mark("draw");
  const shots = feed.shots;
  fillFilters(shots);
  list = shots.filter((event) => passes(event));
  if (order === "doubt") {
    const shares = new Map(list.map((event) => [event, doubt(event).share]));
    list = list.filter((event) => shares.get(event) > 0).sort((a, b) => shares.get(b) - shares.get(a));
  }
  drawRows();
  drawChart(shots);
  timeline.bookmarks = bookmarks;
  timeline.selected = current();
  timeline.set(shots.filter((event) => passes(event, "camera")));
  drawDetail();
  const made = list.filter((event) => stateOf(event) !== "retracted" && resultOf(event) === "made").length;
  setText($("#count"), list.length ? `${list.length} shots, ${made} made` : shots.length ? "No shot passes the filters" : "No shots yet");
  performance.measure("draw", "draw");
}

function drawChart(shots) {
  chart.draw(list, shots, selected);
  chart.drawZones($("#zones tbody"), list);
  const without = list.filter((event) => !spot(event.shot)).length;
  const inZone = list.filter((event) => spot(event.shot) && !spot(event.shot).exact).length;
  setText($("#chart-hint"), chart.aiming ? "click, or arrows and Enter; Esc ends" : chart.mode === "hexes" ? "+ above, − below the zone's average" : [without && `${without} without a place`, inZone && `${inZone} only by zone`].filter(Boolean).join(", "));
}

function cellsOf(event) {
  const result = resultOf(event);
  const time = event.gameTime ? `Q${event.gameTime.period} ${clockText(event.gameTime.remainingSeconds ?? 0)}` : "";
  const hint = order === "doubt" ? doubt(event).why : "";
  return [time, camerasOf(event).join(", "), zoneOf(event), typeOf(event), result === "unknown" ? "not known" : result.toUpperCase(), String(pointsOf(event) || ""),
    teamName(sideOf(event)) ?? "", shooterOf(event), percent(event.shot.probability ?? 0), `${stateOf(event)}${isCorrected(event) ? ", corrected" : event.correction ? ", commented" : ""}${bookmarks.has(event.eventId) ? ", bookmarked" : ""}${hint && `: ${hint}`}`];
}

// The first rows at once, the others in parts, so that no part holds up a key or a film.
function drawRows(limit = 0) {
  const most = Math.max(limit, rowsAtOnce, list.findIndex((event) => event.eventId === selected) + rowsAtOnce / 2, rowsDrawn);
  rowsDrawn = most;
  clearTimeout(rowsTimer);
  if (list.length > most) rowsTimer = setTimeout(() => drawRows(most + rowsAtOnce), 0);
  const body = $("#shots");
  const nodes = list.slice(0, most).map((event) => {
    const key = `${event.revision}|${order}|${bookmarks.has(event.eventId)}|${feed.state?.home?.name}`;
    let known = rows.get(event.eventId);
    if (!known || known.key !== key) {
      const cells = cellsOf(event);
      const node = element("tr", { class: stateOf(event), "data-event": event.eventId },
        element("td", {}, element("button", { tabindex: "-1" }, mediaClock(event.mediaOffset ?? 0))),
        ...cells.map((text, index) => element("td", index === 4 ? { class: resultOf(event) } : {}, text)));
      known?.node.replaceWith(node);
      rows.set(event.eventId, known = { node, key });
    }
    if ((event.eventId === selected) !== known.node.hasAttribute("aria-current")) known.node.toggleAttribute("aria-current", event.eventId === selected);
    known.node.firstChild.firstChild.tabIndex = event.eventId === (selected ?? list[0]?.eventId) ? 0 : -1;
    return known.node;
  });
  const same = body.children.length === nodes.length && nodes.every((node, index) => body.children[index] === node);
  if (!same) {
    const grown = body.children.length < nodes.length && [...body.children].every((node, index) => node === nodes[index]);
    if (grown) body.append(...nodes.slice(body.children.length));
    else body.replaceChildren(...nodes);
  }
}

const current = () => (selected && feed?.events.get(selected)?.shot ? feed.events.get(selected) : null);

function drawDetail() {
  const event = current();
  $("#edit").hidden = !event;
  $("#clip").disabled = !event;
  if (!event) {
    setText($("#title"), selected && feed.status === "live" ? "This shot is not in the log" : "No shot selected");
    setText($("#facts"), "Select one in the list, the chart or the timeline, or press J.");
    return;
  }
  const result = resultOf(event);
  const title = $("#title");
  title.className = stateOf(event) === "retracted" ? "dim" : result;
  setText(title, [stateOf(event) === "retracted" ? "RETRACTED" : result === "unknown" ? "result not known" : result.toUpperCase(), zoneOf(event) || "zone unknown", typeOf(event), metres(event)].filter(Boolean).join(", "));
  const doubtful = doubt(event);
  setText($("#facts"), [`${mediaClock(event.mediaOffset ?? 0)} on ${camerasOf(event).join(", ")}`, event.gameTime && `Q${event.gameTime.period} ${clockText(event.gameTime.remainingSeconds ?? 0)}, ${event.gameTime.homeScore ?? 0}:${event.gameTime.awayScore ?? 0}`,
    shooterOf(event), `a shot at ${percent(event.shot.probability ?? 0)}, in at ${percent(event.shot.makeProbability ?? 0)}`, event.shot.interrupted && "interrupted", doubtful.share > 0.5 && `second look: ${doubtful.why}`].filter(Boolean).join("; "));
  for (const button of document.querySelectorAll("#edit [data-key]")) {
    const given = facts[button.dataset.key];
    if (!given) continue;
    const pressed = given.result ? result === given.result.slice(12).toLowerCase() && stateOf(event) !== "retracted" : given.type ? event.shot.type === given.type
      : given.team ? event.shot.team === given.team : given.happened === false ? stateOf(event) === "retracted" : stateOf(event) === "confirmed";
    button.setAttribute("aria-pressed", String(pressed));
  }
  for (const side of ["home", "away"]) $(`#${side}`).firstChild.data = `${teamName(side)} `;
  $("#undo").disabled = !event.correction;
  $("#bookmark").setAttribute("aria-pressed", String(bookmarks.has(event.eventId)));
  $("#place").setAttribute("aria-pressed", String(Boolean(chart.aiming)));
  if (document.activeElement !== $("#points")) $("#points").value = event.shot.awardedPoints ?? "";
  if (document.activeElement !== $("#number")) $("#number").value = event.shot.jersey?.number ?? "";
  $("#history").replaceChildren(...(event.correction?.steps ?? []).map((step) => element("li", {},
    `${step.by}, ${new Date(step.time).toLocaleString()}: ${[inWords(step.facts ?? {}), step.comment && `“${step.comment}”`].filter(Boolean).join(" ")}`)));
}

// ---- moving ----------------------------------------------------------------------------------------------------------

function select(id, { focus = false } = {}) {
  selected = id;
  chart.aiming = null;
  remember();
  performance.mark("draw");
  drawRows();
  chart.pick(selected);
  drawDetail();
  timeline.show(current());
  performance.measure("draw", "draw");
  const node = rows.get(id)?.node;
  if (node?.isConnected) reveal(node, $(".list"));
  if (focus) node?.firstChild.firstChild.focus({ preventScroll: true });
  showFilm();
}

// Scrolls the list only: the film and the buttons stay where they are.
function reveal(node, box) {
  const top = node.offsetTop - box.querySelector("thead").offsetHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (node.offsetTop + node.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = node.offsetTop + node.offsetHeight - box.clientHeight;
}

function move(steps) {
  if (!list.length) return;
  const at = list.findIndex((event) => event.eventId === selected);
  const next = list[Math.min(Math.max(at + steps, 0), list.length - 1)];
  select(next.eventId, { focus: $("#shots").contains(document.activeElement) });
}

// The media time of a shot by the clock of the film that is open.
function mediaOf(event) {
  if (event.camera === film.camera) return event.mediaOffset ?? 0;
  return (event.shot.views ?? []).find((view) => view.camera === film.camera)?.mediaOffset ?? null;
}

function showFilm() {
  const event = current();
  if (!event || !film.open) return;
  if (film.clip && film.clip !== event.eventId) { loadClip(); return; }
  const media = mediaOf(event);
  film.video.pause();
  if (media === null) say(`the film that is open is that of ${cameraOf(film)}, which does not see this shot`);
  else film.seek(media);
}

function seekLane(lane, time) {
  if (film.open && lane.split("|")[0] === film.camera) film.seek(time);
}

film.addEventListener("frame", () => {
  const event = current();
  timeline.moment = film.open && event && event.camera === film.camera ? { lane: laneOf(event), time: film.media } : null;
  setText($("#moment"), mediaClock(Math.max(0, film.media)));
  timeline.draw();
});
film.addEventListener("change", () => {
  $("#play").firstChild.data = film.video.paused ? "Play " : "Pause ";
  for (const id of ["play", "back", "forward"]) $(`#${id}`).disabled = !film.open;
  $("#sync").disabled = !film.open || Boolean(film.clip);
});

async function openFilm(file) {
  const camera = current()?.camera ?? feed.shots[0]?.camera ?? "";
  const shifts = saved.get(`shift.${game}`, {});
  film.clip = "";
  $("#no-film").hidden = true;
  if (!await film.load(file, camera, shifts[camera] ?? 0)) {
    film.video.hidden = true;
    $("#no-film").hidden = false;
    setText($("#no-film"), `This browser cannot play ${file.name}. Convert it to MP4 with H.264: ffmpeg -i FILM -c:v libx264 film.mp4`);
    return;
  }
  say(`${file.name} is taken for the film of ${cameraOf(film)}`);
  showFilm();
}

async function loadClip() {
  const event = current();
  if (!event) return;
  const media = event.mediaOffset ?? 0;
  film.clip = event.eventId;
  $("#no-film").hidden = true;
  // A clip begins as long before the release as was asked for.
  const query = new URLSearchParams({ before: clipBefore, after: clipAfter, camera: cameraOf(event) });
  const loaded = await film.load(`${gamePath(game)}/clips/${encodeURIComponent(event.eventId)}.mp4?${query}`, event.camera, clipBefore - media);
  if (film.clip !== event.eventId) return; // another one was chosen meanwhile
  if (loaded) {
    film.seek(media);
    return;
  }
  film.clip = "";
  film.video.hidden = true;
  $("#no-film").hidden = false;
  setText($("#no-film"), "The gateway has no clip of this shot: it does not record, or the recording is gone. Open the camera's film instead.");
}

async function sync() {
  const event = current();
  const media = event && mediaOf(event);
  if (!film.open || film.clip || media === null || !event) return;
  await film.align(media);
  saved.set(`shift.${game}`, { ...saved.get(`shift.${game}`, {}), [film.camera]: film.shift });
  say(`the film of ${cameraOf(film)} is ${film.shift >= 0 ? "behind" : "ahead"} by ${Math.abs(film.shift).toFixed(2)} s; kept in this browser`);
}

// ---- correcting ------------------------------------------------------------------------------------------------------

function say(text, undo = false) {
  clearTimeout(toastTimer);
  setText($("#toast span"), text);
  $("#toast button").hidden = !undo;
  $("#toast").hidden = false;
  toastTimer = setTimeout(() => { $("#toast").hidden = true; }, toastFor);
}

async function attempt(work, done) {
  if (!$("#by").value.trim()) {
    $("#by").focus();
    say("Enter your name first: corrections carry it.");
    return false;
  }
  try {
    const answer = await work();
    done?.(answer);
    return true;
  } catch (error) {
    const event = current();
    const last = event?.correction?.steps?.at(-1);
    if (error.reason === "REVISION_CHANGED") say(`${last ? `${last.by} was` : "a model was"} faster: this shot has changed. Look at it again, then repeat.`);
    else say(`Not corrected: ${error.message}`);
    return false;
  }
}

function correct(given, comment = "") {
  const event = current();
  if (!event) { say("Select a shot first."); return undefined; }
  return attempt(() => corrections.correct(event, given, comment), () => {
    lastCorrected = event.eventId;
    say(`${$("#by").value}: ${[inWords(given), comment && `“${comment}”`].filter(Boolean).join(" ")}`, true);
  });
}

function undo(id = current()?.correction ? selected : lastCorrected) {
  const event = feed.events.get(id);
  if (!event?.correction) { say("There is no correction to undo."); return; }
  attempt(() => corrections.undo(event), () => say("The last correction of this shot is undone."));
}

function placeAt(place) {
  const event = current();
  chart.aiming = null;
  if (event) correct(onCourt(place, event.shot));
  draw();
}

function togglePlace() {
  const event = current();
  if (!event) return;
  const from = spot(event.shot) ?? { x: 0, y: 5 };
  chart.aiming = chart.aiming ? null : { x: from.x, y: from.y };
  $("#chart").scrollIntoView({ block: "nearest" });
  draw();
}

function toggleBookmark() {
  if (!selected) return;
  if (!bookmarks.delete(selected)) bookmarks.add(selected);
  saved.set(`bookmarks.${game}`, [...bookmarks]);
  draw();
}

async function copyLink() {
  remember();
  const link = new URL(location.href);
  link.search = `?${new URLSearchParams({ game, shot: selected })}`;
  try {
    await navigator.clipboard.writeText(link.href);
    say("The link to this shot is copied.");
  } catch {
    say(link.href);
  }
}

async function addShot() {
  await film.working;
  const known = current() ?? feed.shots.find((event) => event.camera === film.camera);
  if (!film.open || !known || known.camera !== film.camera) { say("Open the camera's film and show the release first."); return; }
  const media = film.media;
  attempt(() => corrections.add(known, media), (answer) => {
    lastCorrected = answer.eventId;
    select(answer.eventId);
    say(`A shot at ${mediaClock(media)} is added; say whether it was made.`, true);
  });
}

function setOrder(next) {
  order = next;
  rowsDrawn = 0;
  $("#by-time").setAttribute("aria-pressed", String(order === "time"));
  $("#by-doubt").setAttribute("aria-pressed", String(order === "doubt"));
  $("#doubt-hint").hidden = order !== "doubt";
  draw();
  if (order === "doubt" && list.length) select(list[0].eventId);
}

function setMode(mode) {
  chart.mode = mode;
  $("#as-shots").setAttribute("aria-pressed", String(mode === "shots"));
  $("#as-hexes").setAttribute("aria-pressed", String(mode === "hexes"));
  draw();
}

// ---- keys ------------------------------------------------------------------------------------------------------------

const keys = {
  j: { text: "next shot", run: () => move(1) }, k: { text: "shot before", run: () => move(-1) },
  m: { text: "made" }, x: { text: "missed" }, n: { text: "no shot" }, y: { text: "a shot after all" }, u: { text: "undo the last correction", run: () => undo() },
  ...Object.fromEntries(types.map((type, index) => [String(index + 1), { text: typeName(type) }])),
  h: { text: "home team" }, a: { text: "away team" },
  p: { text: "place: click on the chart, or arrows and Enter", run: togglePlace },
  c: { text: "comment", run: () => $("#comment").focus() }, b: { text: "bookmark, kept in this browser", run: toggleBookmark },
  l: { text: "copy the link to this shot", run: copyLink }, d: { text: "second look: most doubtful first, or in order", run: () => setOrder(order === "doubt" ? "time" : "doubt") },
  e: { text: "chart: shots or efficiency", run: () => setMode(chart.mode === "shots" ? "hexes" : "shots") },
  " ": { text: "play and pause", name: "space", run: () => film.open && film.toggle() },
  v: { text: "load the clip that the gateway recorded; then every shot shows its own", run: loadClip },
  r: { text: `replay from ${before} s before the release`, run: replay },
  ",": { text: "frame back", run: () => film.step(-1) }, ".": { text: "frame on", run: () => film.step(1) },
  "=": { text: "this frame is the release: aligns the film", run: sync },
  i: { text: "add a shot that no model found, at this frame", run: addShot },
  "?": { text: "this list", run: () => $("#help").showModal() },
};
for (const [key, given] of Object.entries(facts)) keys[key].run = () => correct(given);
$("#keys").append(...Object.entries(keys).flatMap(([key, one]) => [element("dt", {}, element("kbd", {}, one.name ?? key.toUpperCase())), element("dd", {}, one.text)]));
$("#types").append(...types.map((type, index) => element("button", { "data-key": String(index + 1) }, `${typeName(type)} `, element("kbd", {}, String(index + 1)))));

async function replay() {
  const event = current();
  if (!film.open || !event) return;
  await film.seek((mediaOf(event) ?? film.media) - before);
  film.video.play();
}

addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || $("#help").open) return;
  if (press.target.closest("input, select, textarea")) {
    if (press.key === "Escape") press.target.blur();
    return;
  }
  if (chart.aiming) {
    const by = { ArrowLeft: [-aimStep, 0], ArrowRight: [aimStep, 0], ArrowUp: [0, -aimStep], ArrowDown: [0, aimStep] }[press.key];
    if (by) { chart.aiming = { x: chart.aiming.x + by[0], y: chart.aiming.y + by[1] }; press.preventDefault(); draw(); return; }
    if (press.key === "Enter") { press.preventDefault(); placeAt(chart.aiming); return; }
    if (press.key === "Escape") { togglePlace(); return; }
  }
  if (press.target.closest("button, summary, a, .file") && (press.key === " " || press.key === "Enter")) return;
  const key = { ArrowDown: "j", ArrowUp: "k" }[press.key] ?? press.key.toLowerCase();
  if (press.key === "Escape" && $("#exports").open) { $("#exports").open = false; $("#exports summary").focus(); return; }
  if (press.key.startsWith("Arrow") && press.target.closest(".scroll:not(.list)")) return;
  const found = keys[key];
  if (!found) return;
  press.preventDefault();
  found.run();
});

// ---- composition -----------------------------------------------------------------------------------------------------

$("#edit").addEventListener("click", (click) => {
  const key = click.target.closest("[data-key]")?.dataset.key;
  if (key) keys[key].run();
});
$("#comment-form").addEventListener("submit", (submit) => {
  submit.preventDefault();
  const text = $("#comment").value.trim();
  if (!text) return;
  $("#comment").blur(); // the keys are free again at once
  correct({}, text)?.then((done) => { if (done) $("#comment").value = ""; });
});
$("#points").addEventListener("change", () => { if ($("#points").value) correct({ points: Number($("#points").value) }); });
$("#number").addEventListener("change", () => correct({ number: $("#number").value.trim() }));
$("#shots").addEventListener("click", (click) => {
  const id = click.target.closest("tr")?.dataset.event;
  if (id) select(id, { focus: true });
});
$("#toast button").addEventListener("click", () => undo(lastCorrected));
$("#by").value = saved.get("by", "");
$("#by").addEventListener("input", () => saved.set("by", $("#by").value.trim()));
$("#by").addEventListener("keydown", (press) => { if (press.key === "Enter") $("#by").blur(); });
$("#file").addEventListener("change", () => { if ($("#file").files[0]) openFilm($("#file").files[0]); });
$("#clip").addEventListener("click", loadClip);
$("#play").addEventListener("click", () => film.toggle());
$("#back").addEventListener("click", () => film.step(-1));
$("#forward").addEventListener("click", () => film.step(1));
$("#sync").addEventListener("click", sync);
$("#zoom-in").addEventListener("click", () => timeline.zoom(0.5));
$("#zoom-out").addEventListener("click", () => timeline.zoom(2));
$("#zoom-all").addEventListener("click", () => timeline.zoom(Infinity));
$("#as-shots").addEventListener("click", () => setMode("shots"));
$("#as-hexes").addEventListener("click", () => setMode("hexes"));
$("#by-time").addEventListener("click", () => setOrder("time"));
$("#by-doubt").addEventListener("click", () => setOrder("doubt"));
$("#help-button").addEventListener("click", () => $("#help").showModal());
matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => timeline.draw());

function open(next) {
  feed?.port.close();
  game = next;
  const own = feed = new Feed(game);
  corrections = new Corrections(game, () => $("#by").value.trim());
  bookmarks = new Set(saved.get(`bookmarks.${game}`, []));
  rows.clear();
  rowsDrawn = 0;
  const query = `?game=${encodeURIComponent(game)}`;
  $("#to-monitor").href = `/${query}`;
  $("#to-overlay").href = `/overlay/${query}`;
  $("#exports ul").replaceChildren(...Object.entries(exportNames).map(([format, text]) => element("li", {}, element("a", { href: `${gamePath(game)}/export/${format}`, download: "" }, text))));
  $("#to-player").href = `/review/player/${query}`;
  own.addEventListener("change", ({ detail }) => {
    if (own !== feed) return;
    if (detail.kind === "status") {
      setText($("#state"), { live: "live", connecting: "connecting" }[own.status] ?? "reconnecting");
      $("#state").className = own.status === "live" ? "live" : "problem";
    }
    if (detail.kind === "snapshot" || (detail.kind === "event" && (detail.event.shot || detail.event.gameState))) drawSoon();
  });
}

async function listGames() {
  try {
    const found = await gameNames();
    const names = found.map((one) => one.name);
    if (game && !names.includes(game)) names.unshift(game);
    if (!game && names.length) open(names[0]);
    if (!names.length) setText($("#state"), "no game yet: start a camera, or create one with courtside game");
    const titles = new Map(found.map((one) => [one.name, one.title]));
    $("#game").replaceChildren(...names.map((name) => element("option", { value: name }, titles.get(name) ? `${name}: ${titles.get(name)}` : name)));
    $("#game").value = game;
  } catch {
    setText($("#state"), "the gateway does not answer; reload when it is back");
    $("#state").className = "problem";
  }
}
$("#game").addEventListener("change", () => { selected = null; open($("#game").value); remember(); });
if (game) open(game);
listGames();
