// The broadcast overlay, 1920 x 1080 on nothing.
//   game=ID            the game (demo)
//   theme=dark|light   or a theme of the author's page
//   delay=MS           show everything that much later; what is retracted meanwhile never shows
//   show=bug,card,chart,heat   the parts (bug,card)
//   hold=MS            how long a shot stays after its last change (7000)
//   tentative=0        wait until a shot is confirmed
//   colours=accent:f08a3c,...  colours of the theme, see the author's page
//   simulate=1         show what the author's page sends instead of a game
import { Feed, SimulatedFeed } from "/lib/feed.js";
import { drawCourt, drawShots } from "/lib/court.js";
import { drawCard as fillCard } from "/lib/card.js";
import { cardOf, clockText, periodText, remaining, resultOf, shooterOf, sideOf, stateOf } from "/lib/words.js";

const params = new URLSearchParams(location.search);
const number = (name, fallback, most) => {
  const value = Number(params.get(name) ?? fallback);
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), most) : fallback;
};
const parts = new Set((params.get("show") ?? "bug,card").split(","));
const hold = number("hold", 7000, 60_000);
const tentative = params.get("tentative") !== "0";
const feed = params.get("simulate") === "1" ? new SimulatedFeed()
  : new Feed(params.get("game") ?? "demo", { delay: number("delay", 0, 120_000) });
const $ = (selector) => document.querySelector(selector);
const stage = $("#stage");
stage.dataset.theme = params.get("theme") ?? "dark";
setColours(params.get("colours") ?? "");
const layer = drawCourt($("#chart svg"));
let shown = null; // event id of the shot on the card
let hideAt = 0;
let running = true; // play and stop of a playout server

function setColours(text) {
  for (const part of text.split(",")) {
    const [name, colour] = part.split(":");
    if (/^[a-z]{1,12}$/.test(name) && /^[0-9a-f]{6}([0-9a-f]{2})?$/i.test(colour ?? "")) stage.style.setProperty(`--${name}`, `#${colour}`);
  }
}

function show(part, visible) { $(part).hidden = !(visible && running); }

function drawBug() {
  const { state } = feed;
  show("#bug", parts.has("bug") && state);
  if (!state) return;
  for (const side of ["home", "away"]) {
    const team = state[side];
    const node = $(`#bug .${side}`);
    node.querySelector("b").textContent = team.shortName || team.name || side.toUpperCase();
    if (/^#[0-9a-f]{6}$/i.test(team.colour)) stage.style.setProperty(`--${side}`, team.colour);
    const points = node.querySelector(".points");
    const score = String(state[`${side}Score`]);
    if (points.textContent !== score) {
      const up = Number(score) > Number(points.textContent) && points.dataset.drawn;
      points.textContent = score;
      points.classList.toggle("up", false);
      if (up) { void points.offsetWidth; points.classList.add("up"); }
    }
    points.dataset.drawn = "1";
  }
  drawClock();
}

function drawClock() {
  const { state } = feed;
  if (!state) return;
  $("#bug .period").textContent = periodText(state);
  $("#bug .clock").textContent = state.clock.period ? clockText(remaining(state.clock, feed.now() - feed.delay)) : "";
}

function drawCard(event) {
  const state = stateOf(event);
  if (state === "retracted" || (state === "provisional" && !tentative)) {
    if (shown === event.eventId) { shown = null; show("#card", false); }
    return;
  }
  const newest = feed.standing.at(-1);
  if (newest && newest.eventId !== event.eventId && shown !== event.eventId) return; // a late word on an older shot
  shown = event.eventId;
  hideAt = Date.now() + hold;
  const card = $("#card");
  fillCard(card, cardOf(event, feed.state));
  card.dataset.event = event.eventId;
  show("#card", parts.has("card"));
}

function drawChart() {
  show("#chart", parts.has("chart"));
  if (!parts.has("chart")) return;
  const shots = feed.standing.filter((event) => tentative || stateOf(event) === "confirmed");
  drawShots(layer, shots);
  const made = shots.filter((event) => resultOf(event) === "made").length;
  const known = shots.filter((event) => resultOf(event) !== "unknown").length;
  $("#chart p").textContent = known ? `${made} of ${known} made` : `${shots.length} shots`;
}

// A row of the last ten results of everybody with three or more, the hottest first. Hot: three made in a row, or seven
// of the last ten.
function drawHeat() {
  const rows = new Map();
  for (const event of feed.standing) {
    const result = resultOf(event);
    const who = shooterOf(event) || feed.state?.[sideOf(event)]?.name;
    if (result === "unknown" || !who) continue;
    rows.set(who, [...(rows.get(who) ?? []), result].slice(-10));
  }
  const lines = [...rows].filter(([, results]) => results.length >= 3).map(([who, results]) => {
    const made = results.filter((one) => one === "made").length;
    return { who, results, hot: results.slice(-3).every((one) => one === "made") || made >= 7, share: made / results.length };
  }).sort((a, b) => b.hot - a.hot || b.share - a.share).slice(0, 4);
  show("#heat", parts.has("heat") && lines.length);
  $("#heat").replaceChildren(...lines.map((line) => {
    const row = document.createElement("div");
    row.className = line.hot ? "hot" : "";
    const name = document.createElement("b");
    name.textContent = line.who;
    row.append(name, ...line.results.map((result) => Object.assign(document.createElement("i"), { className: result, title: result })));
    return row;
  }));
}

function drawAll() {
  drawBug();
  drawChart();
  drawHeat();
  show("#stale", feed.status !== "live" && feed.status !== "connecting");
  const card = shown && feed.events.get(shown);
  if (shown && !card) { shown = null; show("#card", false); }
}

feed.addEventListener("change", ({ detail }) => {
  if (detail.kind === "event" && detail.event.shot) drawCard(detail.event);
  if (detail.kind === "snapshot") {
    const newest = feed.standing.at(-1);
    // After a reload the shot that is on air stays on air.
    if (newest && feed.now() - feed.delay - Date.parse(newest.appendTime) < hold) drawCard(newest);
  }
  drawAll();
});
setInterval(() => {
  drawClock();
  if (shown && Date.now() > hideAt) { shown = null; show("#card", false); }
}, 100);

// CasparCG's template calls. `update` takes the parameters above as JSON or as CasparCG's XML.
Object.assign(window, {
  play() { running = true; drawAll(); },
  stop() { running = false; for (const part of document.querySelectorAll(".part")) part.hidden = true; },
  next() { shown = null; show("#card", false); },
  update(text) {
    const given = new Map();
    try {
      for (const [key, value] of Object.entries(JSON.parse(text))) given.set(key, String(value));
    } catch {
      const xml = new DOMParser().parseFromString(text, "text/xml");
      for (const one of xml.querySelectorAll("componentData")) given.set(one.id, one.querySelector("data")?.getAttribute("value") ?? "");
    }
    if (given.has("colours")) setColours(given.get("colours"));
    if (given.has("theme")) stage.dataset.theme = given.get("theme");
    if (given.has("show")) { parts.clear(); for (const part of given.get("show").split(",")) parts.add(part); }
    if (given.has("delay")) feed.delay = Math.min(Math.max(Number(given.get("delay")) || 0, 0), 120_000);
    drawAll();
  },
});
