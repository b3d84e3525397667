// A game's events in a page: the newest revision of each, kept up to date by the worker that all pages share.
//
//   const feed = new Feed("final", { delay: 0 });
//   feed.addEventListener("change", () => draw(feed.shots, feed.state));
//
// With a delay (milliseconds) a page sees everything that much after the gateway wrote it: what was retracted meanwhile
// never shows. `feed.offset` is the gateway's clock minus this machine's, milliseconds.
class EventStore extends EventTarget {
  constructor(delay) {
    super();
    this.delay = delay;
    this.events = new Map();
    this.status = "connecting";
    this.heartbeat = null;
    this.offset = 0;
    this.first = new Map(); // event id -> its place in the order of the log
    this.waiting = new Map(); // timer -> event that is not shown yet
  }

  get shots() {
    return [...this.events.values()].filter((event) => event.shot)
      .sort((a, b) => this.first.get(a.eventId) - this.first.get(b.eventId));
  }

  get standing() { return this.shots.filter((event) => event.lifecycle !== "LIFECYCLE_RETRACTED"); }

  get state() { return this.events.get("game")?.gameState ?? null; }

  now() { return Date.now() + this.offset; }

  take(message) {
    if (message.kind === "snapshot") {
      for (const timer of this.waiting.keys()) clearTimeout(timer);
      this.waiting.clear();
      this.events.clear();
      this.first.clear();
      for (const event of message.events) this.#schedule(event, true);
      this.#changed({ kind: "snapshot" });
    } else if (message.kind === "event") {
      this.#schedule(message.event, false);
    } else if (message.kind === "heartbeat") {
      this.heartbeat = message.heartbeat;
      this.offset = Date.parse(message.heartbeat.serverTime) - message.heartbeat.receivedAt;
      this.#changed({ kind: "heartbeat" });
    } else if (message.kind === "status") {
      this.status = message.status;
      this.#changed({ kind: "status" });
    }
  }

  #schedule(event, old) {
    if (event.lifecycle === "LIFECYCLE_RETRACTED") {
      for (const [timer, one] of this.waiting) {
        if (one.eventId === event.eventId) { clearTimeout(timer); this.waiting.delete(timer); }
      }
    }
    const wait = this.delay ? Date.parse(event.appendTime) + this.delay - this.now() : 0;
    if (wait <= 0) { this.#put(event, old); return; }
    const timer = setTimeout(() => { this.waiting.delete(timer); this.#put(event, false); }, wait);
    this.waiting.set(timer, event);
  }

  #put(event, old) {
    const before = this.events.get(event.eventId) ?? null;
    if (before && Number(before.revision) >= Number(event.revision)) return; // 64 bits: JSON has them as texts
    // What was retracted before this page ever showed it has no place on it.
    if (!before && event.lifecycle === "LIFECYCLE_RETRACTED" && this.delay) return;
    if (!this.first.has(event.eventId)) this.first.set(event.eventId, this.first.size);
    this.events.set(event.eventId, event);
    if (!old) this.#changed({ kind: "event", event, before });
  }

  #changed(detail) { this.dispatchEvent(new CustomEvent("change", { detail })); }
}

export class Feed extends EventStore {
  constructor(game, { delay = 0 } = {}) {
    super(delay);
    this.game = game;
    const worker = new SharedWorker("/lib/feed-worker.js", { name: game });
    this.port = worker.port;
    this.port.onmessage = (message) => this.take(message.data);
    this.port.start();
    setInterval(() => this.port.postMessage("here"), 20_000);
    addEventListener("pageshow", () => this.port.postMessage("here"));
  }
}

// The events that a page of the same gateway posts to this window: an author tries an overlay without a game.
export class SimulatedFeed extends EventStore {
  constructor() {
    super(0);
    this.status = "live";
    addEventListener("message", (message) => {
      if (message.origin === location.origin && message.data?.courtside) this.take(message.data.courtside);
    });
  }
}
