// The overlay: shows a game's shots as they arrive. ?game=ID chooses the game (demo), ?after=N the sequence to start after (0).
// Shots are in the order of the log: a film's own clock starts again with every client, and a camera's clock may be set.
const params = new URLSearchParams(location.search);
const game = params.get("game") ?? "demo";
const after = params.get("after") ?? "0";

// Where each zone's count is shown on an NBA half court, metres: baseline at y = 0, rim at (0, 1.6), left as seen by a
// player who faces the basket.
const zones = {
  ZONE_PAINT_EXTENDED: { name: "Paint", x: 0, y: 3.6 },
  ZONE_LEFT_MID_RANGE: { name: "Left mid-range", x: -4.75, y: 3.2 },
  ZONE_MIDDLE_MID_RANGE: { name: "Middle mid-range", x: 0, y: 7.3 },
  ZONE_RIGHT_MID_RANGE: { name: "Right mid-range", x: 4.75, y: 3.2 },
  ZONE_LEFT_WING_THREE_POINTER: { name: "Left wing three", x: -6.1, y: 7.9 },
  ZONE_MIDDLE_THREE_POINTER: { name: "Middle three", x: 0, y: 9.9 },
  ZONE_RIGHT_WING_THREE_POINTER: { name: "Right wing three", x: 6.1, y: 7.9 },
};
// Borders of the zones that are not lines of the court: 10 ft around the rim beside the lane, the rays from the rim
// through the ends of the free-throw line, and those 22 degrees off the axis beyond the three-point line.
const borders = [
  "M-2.59 0A3.05 3.05 0 0 0 -2.44 3.43", "M2.59 0A3.05 3.05 0 0 1 2.44 3.43",
  "M-2.44 5.79L-3.64 7.86", "M2.44 5.79L3.64 7.86",
  "M-2.71 8.31L-3.8 11", "M2.71 8.31L3.8 11",
];
const sameShotSeconds = 1; // In a log before 0.2: shots of two cameras closer than this are one shot.
const retryAfter = 3000; // Milliseconds until the next try where the browser gives up.
const shots = new Map(); // event id → newest revision, in the order of the first ones
const $ = (id) => document.getElementById(id);

function element(tag, attributes = {}, text = "") {
  const svg = ["circle", "path", "rect", "text"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text; // never innerHTML: the text comes from the network
  return node;
}

function drawCourt() {
  const lines = [
    element("rect", { x: -7.62, y: 0, width: 15.24, height: 11, class: "line" }),
    element("rect", { x: -2.44, y: 0, width: 4.88, height: 5.79, class: "line" }),
    element("path", { d: "M-1.83 5.79a1.83 1.83 0 0 0 3.66 0", class: "line" }),
    element("path", { d: "M-6.71 0V4.33A7.24 7.24 0 0 0 6.71 4.33V0", class: "line" }),
    element("path", { d: "M-.91 1.22h1.82", class: "line" }),
    element("circle", { cx: 0, cy: 1.6, r: 0.23, class: "line" }),
    ...borders.map((d) => element("path", { d, class: "border" })),
  ];
  $("court").replaceChildren(...lines);
  for (const zone of Object.values(zones)) {
    zone.spot = element("circle", { cx: zone.x, cy: zone.y, r: 0, class: "spot" });
    zone.count = element("text", { x: zone.x, y: zone.y }, "0");
    $("court").append(zone.spot, zone.count);
  }
}

const percent = (share) => `${Math.round(100 * share)} %`;
const stateOf = (event) => event.lifecycle.replace("LIFECYCLE_", "").toLowerCase();

function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}

const resultOf = (event) => ({ SHOT_RESULT_MADE: "made", SHOT_RESULT_MISSED: "missed" })[event.shot.result] ?? "";
const typeOf = (event) => (event.shot.type ?? "SHOT_TYPE_UNSPECIFIED").replace(/^SHOT_TYPE_(UNSPECIFIED)?/, "").toLowerCase().replaceAll("_", " ");
const timeOf = (event) => (event.eventTime ? Date.parse(event.eventTime) / 1000 : event.mediaOffset);
const camerasOf = (event) => (event.shot.views?.length ? event.shot.views : [event]).map((view) => view.camera.split("/").pop());

function row(event) {
  const tr = element("tr", { class: stateOf(event), "data-event": event.eventId });
  const { shot } = event;
  const result = resultOf(event);
  const cells = [clock(event.mediaOffset), event.cameras.join(", "), zones[shot.zone]?.name ?? "", shot.points || "",
    percent(shot.probability), percent(shot.makeProbability), result.toUpperCase(), typeOf(event), stateOf(event)];
  tr.append(...cells.map((text) => element("td", text && text === result.toUpperCase() ? { class: result } : {}, String(text))));
  return tr;
}

// The shots, newest first. The gateway makes one event of what several cameras saw of a shot. A log before 0.2 has an
// event for each camera: there the one counts that was not retracted, then the first.
function seen() {
  const found = [];
  for (const event of shots.values()) {
    const cameras = camerasOf(event);
    const same = event.shot.views?.length ? undefined : found.slice(-8).find((other) =>
      !other.shot.views?.length && Math.abs(timeOf(event) - timeOf(other)) <= sameShotSeconds && !other.cameras.includes(cameras[0]));
    if (!same) found.push({ ...event, cameras });
    else if (stateOf(event) !== "retracted") {
      const all = [...same.cameras, ...cameras];
      if (stateOf(same) === "retracted") Object.assign(same, event);
      else if (!resultOf(same)) same.shot = { ...same.shot, result: event.shot.result };
      same.cameras = all;
    }
  }
  return found.reverse();
}

function show() {
  const all = seen();
  $("shots").replaceChildren(...all.slice(0, 50).map(row));
  const standing = all.filter((event) => stateOf(event) !== "retracted");
  for (const [id, zone] of Object.entries(zones)) {
    const count = standing.filter((event) => event.shot.zone === id).length;
    zone.count.textContent = count;
    zone.spot.setAttribute("r", count ? 0.55 + 0.18 * Math.sqrt(count) : 0);
  }
  const newest = all[0];
  if (!newest) {
    $("latest").replaceChildren(element("p", { class: "hint" }, "Waiting for the first shot"));
    return;
  }
  const result = resultOf(newest);
  const gone = stateOf(newest) === "retracted" ? "retracted" : "";
  $("latest").replaceChildren(
    element("div", { class: `points ${gone}` }, newest.shot.points ? `${newest.shot.points} points` : "Shot"),
    element("div", { class: `zone ${gone}` }, zones[newest.shot.zone]?.name ?? "Zone unknown"),
    ...(result && !gone ? [element("div", { class: `result ${result}` }, result.toUpperCase())] : []),
    element("div", { class: "dim" }, `${clock(newest.mediaOffset)}${typeOf(newest) && `, ${typeOf(newest)}`}, make probability ${percent(newest.shot.makeProbability)}`),
  );
}

function state(text, kind = "") {
  $("state").textContent = text;
  $("state").className = kind;
}

function connect() {
  const source = new EventSource(`/v1/games/${encodeURIComponent(game)}/events?kinds=shot,camera_status&after=${encodeURIComponent(after)}`);
  source.onopen = () => state(`live, game ${game}`, "live");
  source.onerror = () => {
    state("reconnecting", "problem");
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, retryAfter); // refused: the browser would not retry
  };
  source.addEventListener("problem", (message) => state(`the gateway cannot go on: ${message.data}`, "problem"));
  source.addEventListener("restart", (message) => {
    // The log does not have our cursor: everything that it holds follows.
    shots.clear();
    show();
    state(JSON.parse(message.data).detail);
  });
  source.addEventListener("courtside", (message) => {
    const event = JSON.parse(message.data);
    if (!event.shot) {
      if (event.cameraStatus) state(`${event.camera.split("/").pop()}: ${event.cameraStatus.detail}`);
      return;
    }
    const known = shots.get(event.eventId);
    if (!known || known.revision < event.revision) shots.set(event.eventId, event);
    show();
  });
}

drawCourt();
connect();
