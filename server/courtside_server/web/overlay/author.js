// The author's page: an overlay's address from its options, a preview, and simulated events.
import { zones } from "/lib/court.js";
import { Feed } from "/lib/feed.js";

const $ = (selector) => document.querySelector(selector);
const form = $("#options");
const frame = $(".frame");
const preview = $("#preview");
const colours = { ink: "#ffffff", accent: "#f08a3c", made: "#4fd18b", missed: "#ff7b84", home: "#2f6fde", away: "#d9660a" };
const changed = {};
let shot = null;
let sequence = 0;
const state = {
  title: "", home: { name: "Lakeside", shortName: "LAK", colour: "", players: [] }, away: { name: "Hilltop", shortName: "HIL", colour: "", players: [] },
  format: { periods: 4, periodSeconds: 720, overtimeSeconds: 300 },
  clock: { period: 2, remainingSeconds: 431, running: true, setTime: new Date().toISOString(), setBy: "simulator" },
  homeScore: 38, awayScore: 41, homeAdjustment: 0, awayAdjustment: 0, unassignedPoints: 0,
};

for (const [name, value] of Object.entries(colours)) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "color", value });
  input.addEventListener("input", () => { changed[name] = input.value.slice(1); show(); });
  label.append(input, name);
  $("#colours").append(label);
}
for (const [value, { name }] of Object.entries(zones)) $("#zone").append(new Option(name, value));

function address(simulated) {
  const values = new FormData(form);
  const params = new URLSearchParams();
  if (simulated) params.set("simulate", "1");
  else params.set("game", values.get("game").trim() || "demo");
  params.set("theme", values.get("theme"));
  if (Number(values.get("delay"))) params.set("delay", values.get("delay"));
  params.set("show", values.getAll("show").join(",") || "none");
  if (values.get("hold") !== "7000") params.set("hold", values.get("hold"));
  if (!values.get("tentative")) params.set("tentative", "0");
  const list = Object.entries(changed).map(([name, colour]) => `${name}:${colour}`).join(",");
  if (list) params.set("colours", list);
  return `${location.origin}/overlay/?${params}`.replaceAll("%2C", ",").replaceAll("%3A", ":");
}

function show() {
  $("#address").value = address(false);
  const next = address(true);
  if (preview.src !== next) preview.src = next;
}

function send(payload) {
  sequence += 1;
  const event = { game: "games/simulated", sequence: String(sequence), camera: "games/simulated/cameras/left", appendTime: new Date().toISOString(), eventTime: new Date().toISOString(), mediaOffset: sequence, ...payload };
  preview.contentWindow.postMessage({ courtside: { kind: "event", event } }, location.origin);
  $("#json").textContent = JSON.stringify(event, null, 1);
}

function sendShot(changes) {
  if (!shot) { $("#note").textContent = "Announce a shot first."; return; }
  $("#note").textContent = "";
  shot = { ...shot, revision: shot.revision + 1, ...changes, shot: { ...shot.shot, ...changes.shot } };
  send(shot);
}

function sendGame() {
  state.revision = (state.revision ?? 0) + 1;
  send({ eventId: "game", revision: state.revision, lifecycle: "LIFECYCLE_CONFIRMED", gameState: state });
}

const actions = {
  announce() {
    const zone = $("#zone").value;
    shot = {
      eventId: `shot-${sequence + 1}`, revision: 0, lifecycle: "LIFECYCLE_PROVISIONAL",
      shot: { probability: 0.9, makeProbability: 0.46, zone, points: zone.includes("THREE") ? 3 : 2, result: "SHOT_RESULT_UNSPECIFIED", type: "SHOT_TYPE_CATCH_AND_SHOOT", team: "SIDE_HOME", identity: { name: $("#player").value } },
    };
    sendShot({});
  },
  made() {
    sendShot({ lifecycle: "LIFECYCLE_CONFIRMED", shot: { result: "SHOT_RESULT_MADE", makeProbability: 0.98 } });
    if (shot) { state.homeScore += shot.shot.points; sendGame(); }
  },
  missed() { sendShot({ lifecycle: "LIFECYCLE_CONFIRMED", shot: { result: "SHOT_RESULT_MISSED", makeProbability: 0.02 } }); },
  retract() { sendShot({ lifecycle: "LIFECYCLE_RETRACTED" }); },
  game: sendGame,
  clear() { shot = null; preview.contentWindow.location.reload(); },
};
for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => actions[button.dataset.do]());

$("#copy").addEventListener("click", async () => {
  $("#address").select();
  try { await navigator.clipboard.writeText($("#address").value); $("#note").textContent = "Copied."; } catch { $("#note").textContent = "Press Ctrl-C to copy."; }
});
$("#ground").addEventListener("change", () => { frame.className = `frame ${$("#ground").value}`; });
form.addEventListener("input", show);
preview.addEventListener("load", sendGame);
new ResizeObserver(() => { preview.style.transform = `scale(${frame.clientWidth / 1920})`; }).observe(frame);

let feed = null;
function follow() {
  const game = new FormData(form).get("game").trim();
  if (!game || feed?.game === game) return;
  feed = new Feed(game);
  const own = feed;
  own.addEventListener("change", () => {
    const measured = own.heartbeat?.latency;
    if (own !== feed || !measured) return;
    const seconds = (value) => `${value.toFixed(1)} s`;
    $("#latency").textContent = `Half of this game's shots are announced ${seconds(measured.announcedP50Seconds)} after the release, 19 of 20 within ${seconds(measured.announcedP95Seconds)}; 19 of 20 are final within ${seconds(measured.finalP95Seconds)}.`;
  });
}
form.elements.game.addEventListener("change", follow);
fetch("/v1/games").then((answer) => answer.json()).then(({ games }) => {
  for (const { game } of games) $("#games").append(new Option(game.split("/")[1]));
}).catch(() => {});
frame.className = "frame film";
follow();
show();
