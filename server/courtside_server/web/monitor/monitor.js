// The monitor: every camera of the gateway, and the newest shots and events of one game. ?game=ID chooses the game.
import { drawBorders, drawCourt, svg, zones } from "/lib/court.js";
import { $, element, gameNames, getJson, namesGame, setText } from "/lib/dom.js";
import { Feed } from "/lib/feed.js";
import { mediaClock, withCameras } from "/lib/shots.js";
import { percent, pointsOf, resultOf, stateOf, typeOf, zoneOf } from "/lib/words.js";

const params = new URLSearchParams(location.search);
const pollEvery = 1000; // Milliseconds; the gateway makes at most one thumbnail per second.
const kept = 60; // Values of a sparkline: a minute.
const stillAfter = 10; // Seconds without a changed pixel that are worth a word: no camera is that still for long.
const rowsShown = 50;
const dropWords = {
  stale: "too old", decoder_behind: "decoder behind", awaiting_keyframe: "no keyframe yet", corrupt: "damaged", lost: "lost on the way",
  clock: "clock jumped", duplicate: "sent twice",
};
const skipWords = {
  gap: "gaps", window_late: "windows late", detector_shared: "shared with other cameras", detector_late: "worker late",
  model_unavailable: "model away", model_error: "model failed",
};

// ---- cameras ---------------------------------------------------------------------------------------------------------

const cards = new Map(); // camera -> { node, parts, values, sequence }
const degraded = new Map(); // camera -> what is wrong, from the game's events
let announced = "";

function card(camera) {
  const name = camera.name;
  const parts = {
    image: element("img", { alt: `Newest frame of ${name}`, hidden: true }), alarm: element("div", { class: "alarm", hidden: true }, element("span")),
    fps: element("dd"), age: element("dd"), drops: element("dd"), detector: element("dd"), skipped: element("dd"), format: element("dd"),
    chart: svg("svg", { viewBox: `0 0 ${kept - 1} 10`, preserveAspectRatio: "none", role: "img", "aria-label": `Frames per second of ${name} over the last minute; dashed: what the detector gets` }),
  };
  parts.line = svg("polyline");
  parts.second = svg("polyline", { class: "second" });
  parts.chart.append(parts.second, parts.line);
  const list = element("dl", {}, ...[["Frames per second", "fps"], ["Newest frame", "age"], ["Dropped", "drops"], ["Detector gets", "detector"], ["Not scored", "skipped"], ["Format", "format"]]
    .flatMap(([text, part]) => [element("dt", {}, text), parts[part]]));
  const node = element("article", { class: "camera", "data-camera": camera.camera, "aria-label": `Camera ${name}` },
    element("div", { class: "view" }, parts.image, parts.alarm),
    element("div", { class: "facts" }, element("h2", {}, element("span", {}, name), element("span", { class: "dim" }, camera.game.replace(/^games\//, ""))), list, parts.chart));
  return { node, parts, values: [], second: [] };
}

const seconds = (value) => (value < 10 ? `${value.toFixed(1)} s` : value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`);
const reasons = (counts, words) => {
  const all = Object.entries(counts).filter(([, count]) => count);
  const sum = all.reduce((total, [, count]) => total + count, 0);
  return sum ? `${all.length > 1 ? `${sum}: ` : ""}${all.map(([reason, count]) => `${words[reason] ?? reason} ${count}`).join(", ")}` : "none";
};

function alarmOf(camera) {
  const age = camera.frameAgeSeconds ?? 0;
  if (camera.state === "gone") return ["gone", `GONE, ended ${seconds(camera.goneSeconds)} ago`];
  if (camera.state === "away") return ["away", `AWAY for ${seconds(age)}: its client is not connected`];
  if (camera.state === "frozen") return ["frozen", `FROZEN: no frame for ${seconds(age)}`];
  if (camera.state === "waiting") return ["waiting", "connected, no frame yet"];
  if (degraded.get(camera.camera)) return ["degraded", degraded.get(camera.camera)];
  if (camera.mode === "live" && camera.stillSeconds >= stillAfter) return ["still", `the picture has not changed for ${seconds(camera.stillSeconds)}`];
  return ["live", ""];
}

function points(values, most) {
  return values.map((value, index) => `${kept - values.length + index},${(9.5 - 9 * value / most).toFixed(2)}`).join(" ");
}

function drawCamera(camera) {
  let known = cards.get(camera.camera);
  if (!known) cards.set(camera.camera, known = card(camera));
  const { node, parts } = known;
  const [state, alarm] = alarmOf(camera);
  node.className = `camera ${state}`;
  node.dataset.state = state;
  parts.alarm.hidden = !alarm;
  setText(parts.alarm.firstChild, alarm);
  setText(parts.fps, camera.fps.toFixed(1));
  parts.fps.className = state === "live" ? "live" : "problem";
  setText(parts.age, camera.frameAgeSeconds === null ? "none yet" : camera.frameAgeSeconds < 1 ? `${Math.round(1000 * camera.frameAgeSeconds)} ms ago` : `${seconds(camera.frameAgeSeconds)} ago`);
  setText(parts.drops, `${reasons(camera.dropped, dropWords)}${camera.damaged ? `; ${camera.damaged} damaged` : ""}`);
  setText(parts.detector, camera.detectorFps === null ? "not known" : `${camera.detectorFps.toFixed(1)} frames per second`);
  setText(parts.skipped, reasons(camera.skipped, skipWords));
  setText(parts.format, `${camera.mode}, ${camera.width}×${camera.height} ${camera.codec}`);
  known.values = [...known.values, camera.fps].slice(-kept);
  known.second = [...known.second, camera.detectorFps ?? 0].slice(-kept);
  const most = Math.max(10, ...known.values, ...known.second);
  parts.line.setAttribute("points", points(known.values, most));
  parts.second.setAttribute("points", points(known.second, most));
  drawThumbnail(camera, known);
  return state;
}

function drawThumbnail(camera, known) {
  const box = known.node.getBoundingClientRect();
  const seen = !known.node.isConnected || (box.bottom > 0 && box.top < innerHeight);
  if (camera.frameAgeSeconds === null || camera.state === "gone" || camera.decoded === known.drawn || !seen || known.loading) return;
  known.loading = true;
  known.drawn = camera.decoded;
  const next = new Image();
  next.onload = () => { known.loading = false; known.parts.image.src = next.src; known.parts.image.hidden = false; };
  next.onerror = () => { known.loading = false; };
  next.src = `/v1/cameras/${encodeURIComponent(camera.game.replace(/^games\//, ""))}/${encodeURIComponent(camera.name)}/thumbnail.jpg?frame=${camera.decoded}`;
}

function drawGateway(gateway) {
  const problems = [gateway.modelReady === false && "a model is not ready", gateway.logReady === false && "the event log cannot be used"].filter(Boolean);
  const ready = gateway.ready && !problems.length;
  setText($("#gateway-state"), `Courtside ${gateway.version}, engine ${gateway.engine}, ${ready ? "ready" : problems.join(", ") || "not ready"}`);
  $("#gateway-state").className = ready ? "live" : "problem";
  const models = Object.entries(gateway.models).map(([model, version]) => `${model} ${version}`);
  if ($("#models").textContent !== models.join("")) $("#models").replaceChildren(...models.map((text) => element("li", {}, text)));
  const port = gateway.grpc && !gateway.grpc.startsWith("127.0.0.1") ? ` --gateway ${location.hostname}:${gateway.grpc.split(":").pop()}` : "";
  setText($("#command"), `courtside stream 0 --camera games/${game ?? "final"}/cameras/left${port}\ncourtside stream rtsp://camera/1 --camera games/${game ?? "final"}/cameras/right${port}\ncourtside stream film.mp4 --camera games/${game ?? "final"}/cameras/film${port}\ncourtside stream sim://7 --camera games/${game ?? "final"}/cameras/sim${port}`);
}

async function poll() {
  if (document.hidden) return;
  try {
    const { gateway, cameras } = await getJson("/v1/cameras");
    drawGateway(gateway);
    const states = cameras.map((camera) => `${camera.name}: ${drawCamera(camera)}`);
    for (const [name, known] of cards) {
      if (!cameras.some((camera) => camera.camera === name)) { known.node.remove(); cards.delete(name); }
    }
    cameras.forEach((camera, index) => {
      const { node } = cards.get(camera.camera);
      if ($("#cameras").children[index] !== node) $("#cameras").insertBefore(node, $("#cameras").children[index] ?? null);
    });
    $("#none").hidden = cameras.some((camera) => camera.state !== "gone");
    const text = states.filter((state) => !state.endsWith(": live")).join("; ");
    if (text !== announced) setText($("#announce"), announced = text);
  } catch {
    setText($("#gateway-state"), "the gateway does not answer");
    $("#gateway-state").className = "problem";
    for (const { node, parts } of cards.values()) {
      node.className = "camera away";
      parts.alarm.hidden = false;
      setText(parts.alarm.firstChild, "the gateway does not answer");
    }
  }
}

// ---- one game --------------------------------------------------------------------------------------------------------

let game = namesGame(params.get("game") ?? "") ? params.get("game") : null;
let feed = null;
const counts = new Map();

function row(event) {
  const result = resultOf(event);
  const word = result === "unknown" ? "" : result.toUpperCase();
  const cells = [mediaClock(event.mediaOffset ?? 0), event.cameras.join(", "), zoneOf(event), pointsOf(event) || "",
    percent(event.shot.probability ?? 0), percent(event.shot.makeProbability ?? 0), word, typeOf(event), stateOf(event)];
  return element("tr", { class: stateOf(event), "data-event": event.eventId },
    ...cells.map((text, index) => element("td", index === 6 && word ? { class: result } : {}, String(text))));
}

function drawLatest(newest) {
  if (!newest) {
    $("#latest").replaceChildren(element("p", { class: "hint" }, "Waiting for the first shot"));
    return;
  }
  const result = resultOf(newest);
  const gone = stateOf(newest) === "retracted" ? "retracted" : "";
  $("#latest").replaceChildren(...[
    element("div", { class: `points ${gone}` }, pointsOf(newest) ? `${pointsOf(newest)} points` : "Shot"),
    element("div", { class: `zone ${gone}` }, zoneOf(newest) || "Zone unknown"),
    result !== "unknown" && !gone ? element("div", { class: `result ${result}` }, result.toUpperCase()) : null,
    element("div", { class: "dim" }, `${mediaClock(newest.mediaOffset ?? 0)}${typeOf(newest) && `, ${typeOf(newest)}`}, make probability ${percent(newest.shot.makeProbability ?? 0)}`),
  ].filter(Boolean));
}

function drawLog() {
  const found = [...feed.events.values()].filter((event) => event.cameraStatus || event.play || event.formAlert)
    .sort((a, b) => Number(b.sequence) - Number(a.sequence)).slice(0, 8);
  $("#log").replaceChildren(...found.map((event) => {
    const words = event.cameraStatus ? `${event.cameraStatus.state.replace("CAMERA_STATE_", "").replace("STATE_", "").toLowerCase()}: ${event.cameraStatus.detail ?? ""}`
      : event.play ? (event.play.kind ?? "play").replace("PLAY_KIND_", "").toLowerCase().replaceAll("_", " ") : `form of ${event.formAlert.shooter} has changed`;
    return element("li", {}, `${new Date(event.appendTime).toLocaleTimeString()} ${event.camera.split("/").pop()} ${words}`);
  }));
  if (!found.length) $("#log").replaceChildren(element("li", { class: "hint" }, "none yet"));
}

function noteStates() {
  degraded.clear();
  for (const event of [...feed.events.values()].filter((one) => one.cameraStatus).sort((a, b) => Number(a.sequence) - Number(b.sequence))) {
    if (event.cameraStatus.state.endsWith("DEGRADED")) degraded.set(event.camera, event.cameraStatus.detail);
    else if (!event.cameraStatus.state.endsWith("DISCONTINUITY")) degraded.delete(event.camera);
  }
}

let drawing = false;
function draw() {
  drawing = false;
  const all = withCameras(feed.shots).reverse();
  $("#shots").replaceChildren(...all.slice(0, rowsShown).map(row));
  const standing = all.filter((event) => stateOf(event) !== "retracted");
  for (const [id, { spot, count }] of counts) {
    const number = standing.filter((event) => event.shot.zone === id).length;
    setText(count, String(number));
    spot.setAttribute("r", number ? 0.55 + 0.18 * Math.sqrt(number) : 0);
  }
  drawLatest(all[0]);
  noteStates();
  drawLog();
}

function choose(next) {
  feed?.port.close();
  game = next;
  const own = feed = new Feed(game);
  $("#to-review").href = `/review/?game=${encodeURIComponent(game)}`;
  $("#to-overlay").href = `/overlay/?game=${encodeURIComponent(game)}`;
  own.addEventListener("change", ({ detail }) => {
    if (own !== feed) return;
    if (detail.kind === "status" || detail.kind === "heartbeat") {
      const late = own.heartbeat?.latency; // of live shots, from release to announcement
      setText($("#state"), { live: `live, game ${game}${late ? `, shots after ${late.announcedP50Seconds.toFixed(1)} s (95 %: ${late.announcedP95Seconds.toFixed(1)} s)` : ""}`, connecting: "connecting" }[own.status] ?? "reconnecting");
      $("#state").className = own.status === "live" ? "live" : "problem";
    }
    if ((detail.kind === "event" || detail.kind === "snapshot") && !drawing) { drawing = true; requestAnimationFrame(draw); }
  });
}

async function listGames() {
  try {
    const names = (await gameNames()).map((one) => one.name);
    if (game && !names.includes(game)) names.unshift(game);
    if (!game && names.length) choose(names[0]);
    if ([...$("#game").options].map((one) => one.value).join() !== names.join()) {
      $("#game").replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    }
    if (game) $("#game").value = game;
    else setText($("#state"), "no game yet");
  } catch { /* the poll says that the gateway does not answer */ }
}

const layer = drawCourt($("#court"));
drawBorders(layer);
for (const [id, zone] of Object.entries(zones)) {
  const spot = svg("circle", { cx: zone.x, cy: zone.y, r: 0, class: "spot" });
  const count = svg("text", { x: zone.x, y: zone.y }, "0");
  layer.append(spot, count);
  counts.set(id, { spot, count });
}
$("#game").addEventListener("change", () => {
  history.replaceState(null, "", `?game=${encodeURIComponent($("#game").value)}`);
  choose($("#game").value);
});
if (game) choose(game);
listGames();
poll();
setInterval(poll, pollEvery);
setInterval(listGames, 10_000);
addEventListener("visibilitychange", poll);
