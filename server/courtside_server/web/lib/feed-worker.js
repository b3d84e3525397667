// One event stream of one game for all pages of this browser: a browser opens six connections to a host at most.
// The worker's name is the game. Pages get a snapshot, then what changes; a page that goes quiet is forgotten.
const game = self.name;
const kinds = "shot,game_state,camera_status,play,possession,action,form_alert";
const quietAfter = 180_000; // Milliseconds: hidden pages run their timers once a minute.
const retryAfter = 1500;
const events = new Map(); // event id -> newest revision
const ports = new Map(); // port -> when it last spoke
let cursor = "";
let source = null;
let heartbeat = null;
let status = "connecting";
let lastHeard = 0;

function send(message) {
  for (const port of ports.keys()) port.postMessage(message);
}

function setStatus(next) {
  if (next === status) return;
  status = next;
  send({ kind: "status", status });
}

function heard() {
  lastHeard = Date.now();
  setStatus("live");
}

function takeHeartbeat(next) {
  heartbeat = { ...next, receivedAt: Date.now() };
  send({ kind: "heartbeat", heartbeat });
}

async function start() {
  try {
    const answer = await fetch(`/v1/games/${encodeURIComponent(game)}/snapshot?kinds=${kinds}`);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error);
    cursor = body.cursor;
    events.clear();
    for (const event of body.events) events.set(event.eventId, event);
    send({ kind: "snapshot", events: [...events.values()] });
    heard();
    takeHeartbeat(body.heartbeat);
    listen();
  } catch (error) {
    setStatus("offline");
    setTimeout(start, retryAfter);
  }
}

function listen() {
  source?.close();
  const own = source = new EventSource(`/v1/games/${encodeURIComponent(game)}/events?kinds=${kinds}&after=${cursor}`);
  own.onerror = () => {
    setStatus("offline");
    if (own.readyState === EventSource.CLOSED && own === source) setTimeout(listen, retryAfter); // refused: the browser gives up
  };
  own.addEventListener("heartbeat", (message) => { heard(); takeHeartbeat(JSON.parse(message.data)); });
  own.addEventListener("problem", () => { own.close(); setTimeout(listen, retryAfter); });
  own.addEventListener("restart", () => { own.close(); start(); }); // The log does not have the cursor: all begins anew.
  own.addEventListener("courtside", (message) => {
    heard();
    cursor = message.lastEventId;
    const event = JSON.parse(message.data);
    if (Number(events.get(event.eventId)?.revision ?? 0) >= Number(event.revision)) return; // 64 bits: JSON has them as texts
    events.set(event.eventId, event);
    send({ kind: "event", event, receivedAt: Date.now() });
  });
}

function add(port) {
  ports.set(port, Date.now());
  port.onmessage = () => ports.set(port, Date.now());
  port.start?.();
  port.postMessage({ kind: "snapshot", events: [...events.values()], first: true });
  port.postMessage({ kind: "status", status });
  if (heartbeat) port.postMessage({ kind: "heartbeat", heartbeat });
}

self.addEventListener("connect", (message) => add(message.ports[0]));
setInterval(() => {
  for (const [port, spoke] of ports) if (Date.now() - spoke > quietAfter) ports.delete(port);
  // Two heartbeats and a half without a word: the connection is dead, whatever the browser thinks.
  if (lastHeard && status === "live" && Date.now() - lastHeard > 5000) { setStatus("stale"); listen(); }
}, 1000);
start();
