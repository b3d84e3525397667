// The overlay's score bug and shot card as an OGraf graphic (EBU, https://ograf.ebu.io, version 1).
// Real-time: playAction shows it, updateAction changes its texts, stopAction takes it away. Non-real-time: the schedule
// is gone through up to each time, so any frame can be drawn in any order.
import { drawCard } from "./card.js";

const DEFAULTS = {
  game: "", delay: 0, theme: "dark", show: "bug,card", home: "HOME", away: "AWAY", homeScore: "0", awayScore: "0",
  homeColour: "#2f6fde", awayColour: "#d9660a", period: "", clock: "", who: "Shot", what: "", side: "",
  result: "unknown", word: "", chance: "", tentative: false,
};
const FADE_MS = 350; // The transition of the overlay's parts.
const RISE_PX = 14;
const STRUCTURE = {
  bug: ["div.team home>b,span.points", "div.team away>b,span.points", "div.time>span.period,span.clock"],
  card: ["div.bar", "div.who", "div.what", "div.chance>i,span", "div.result"],
};

function element(text) {
  const [tag, name = ""] = text.split(".");
  return Object.assign(document.createElement(tag), { className: name });
}

function part(id, label) {
  const node = element("section.part");
  node.id = id;
  node.setAttribute("aria-label", label);
  node.hidden = true;
  for (const line of STRUCTURE[id]) {
    const [outer, inner] = line.split(">");
    const child = element(outer);
    if (inner) child.append(...inner.split(",").map(element));
    node.append(child);
  }
  return node;
}

const answer = (more = {}) => ({ statusCode: 200, statusMessage: "OK", ...more });

export default class CourtsideGraphic extends HTMLElement {
  #data = { ...DEFAULTS };
  #initial = {};
  #playing = false;
  #cardOff = false;
  #schedule = [];
  #stop = null; // Ends following a game.
  #stage = null;
  #realtime = true;

  async load({ data = {}, renderType = "realtime" } = {}) {
    this.#realtime = renderType !== "non-realtime";
    this.#initial = { ...data };
    this.style.display ||= "block";
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("./overlay.css", import.meta.url).href });
    const ready = new Promise((done, failed) => { sheet.onload = done; sheet.onerror = () => failed(new Error("overlay.css cannot be loaded")); });
    this.#stage = element("div.");
    this.#stage.id = "stage";
    this.#stage.classList.toggle("still", !this.#realtime);
    this.#stage.append(part("bug", "Score"), part("card", "Last shot"));
    root.replaceChildren(sheet, this.#stage);
    await ready;
    return this.#take(data);
  }

  async dispose() {
    this.#stop?.();
    this.#stop = null;
    this.#playing = false;
    this.#schedule = [];
    this.shadowRoot?.replaceChildren();
    this.#stage = null;
    return answer();
  }

  async updateAction({ data = {} } = {}) { return this.#take(data); }

  async playAction({ delta = 1, goto, skipAnimation = false } = {}) {
    const step = this.#targetStep(goto, delta);
    this.#playing = step === 0;
    this.#cardOff = false;
    await this.#show(skipAnimation);
    return answer({ currentStep: this.#playing ? 0 : undefined });
  }

  async stopAction({ skipAnimation = false } = {}) {
    this.#playing = false;
    await this.#show(skipAnimation);
    return answer();
  }

  async customAction({ id } = {}) {
    if (id !== "next") return { statusCode: 404, statusMessage: `there is no action ${String(id).slice(0, 40)}` };
    this.#cardOff = true;
    await this.#show(false);
    return answer();
  }

  async setActionsSchedule({ schedule = [] } = {}) {
    this.#schedule = [...schedule].sort((one, other) => one.timestamp - other.timestamp);
    return answer();
  }

  async goToTime({ timestamp = 0 } = {}) {
    let [playing, cardOff, step] = [false, false, undefined];
    const changed = { bug: -Infinity, card: -Infinity };
    let data = { ...DEFAULTS, ...this.#initial };
    const visible = () => this.#visible(playing, cardOff, data);
    for (const { timestamp: at, action } of this.#schedule) {
      if (at > timestamp) break;
      const before = visible();
      const given = action.params ?? {};
      if (action.type === "updateAction") data = { ...data, ...given.data };
      else if (action.type === "playAction") {
        step = Number.isInteger(given.goto) ? given.goto : (step ?? -1) + (given.delta ?? 1);
        playing = step === 0;
        cardOff = false;
        if (!playing) step = undefined;
      } else if (action.type === "stopAction") { playing = false; step = undefined; }
      else if (action.type === "customAction" && given.id === "next") cardOff = true;
      for (const id of ["bug", "card"]) if (visible()[id] !== before[id]) changed[id] = given.skipAnimation ? -Infinity : at;
    }
    this.#data = data;
    this.#draw();
    for (const [id, on] of Object.entries(visible())) {
      const share = Math.min((timestamp - changed[id]) / FADE_MS, 1);
      const eased = 1 - (1 - share) ** 3;
      const opacity = on ? eased : 1 - eased;
      const node = this.#stage.querySelector(`#${id}`);
      node.hidden = opacity === 0;
      Object.assign(node.style, { opacity, visibility: "visible", transform: `translateY(${(1 - opacity) * RISE_PX}px)` });
    }
    return answer();
  }

  #targetStep(goto, delta) {
    const step = Number.isInteger(goto) && goto >= 0 ? goto : (this.#playing ? 0 : -1) + (Number.isInteger(delta) ? delta : 1);
    return step >= 1 ? undefined : Math.max(step, 0);
  }

  #visible(playing, cardOff, data) {
    const parts = String(data.show).split(",");
    return { bug: playing && parts.includes("bug"), card: playing && !cardOff && parts.includes("card") };
  }

  async #take(data) {
    const before = this.#data.game;
    this.#data = { ...this.#data, ...data };
    if (this.#data.game !== before || (this.#data.game && !this.#stop)) {
      this.#stop?.();
      this.#stop = null;
      if (this.#data.game && this.#realtime) {
        try { await this.#follow(this.#data.game); }
        catch (error) { return { statusCode: 502, statusMessage: `the game cannot be followed: ${error.message}` }; }
      }
    }
    this.#draw();
    await this.#show(true);
    return answer();
  }

  // Texts from a game of the gateway that this file was loaded from.
  async #follow(game) {
    const [{ Feed }, words] = await Promise.all([import("/lib/feed.js"), import("/lib/words.js")]);
    const feed = new Feed(game, { delay: Number(this.#data.delay) || 0 });
    const update = ({ detail }) => {
      const { state } = feed;
      const now = feed.now() - feed.delay;
      if (state) {
        for (const side of ["home", "away"]) {
          this.#data[side] = state[side].shortName || state[side].name || side.toUpperCase();
          this.#data[`${side}Score`] = String(state[`${side}Score`]);
          if (state[side].colour) this.#data[`${side}Colour`] = state[side].colour;
        }
        this.#data.period = words.periodText(state);
        this.#data.clock = state.clock.period ? words.clockText(words.remaining(state.clock, now)) : "";
      }
      if (detail?.kind === "event" || detail?.kind === "snapshot") {
        const newest = feed.standing.at(-1);
        if (newest) Object.assign(this.#data, words.cardOf(newest, state), { event: newest.eventId });
        this.#cardOff = !newest;
        this.#show(false);
      }
      this.#draw();
    };
    feed.addEventListener("change", update);
    const timer = setInterval(update, 100, {});
    this.#stop = () => { clearInterval(timer); feed.removeEventListener("change", update); };
  }

  #draw() {
    const data = this.#data;
    const stage = this.#stage;
    if (!stage) return;
    stage.dataset.theme = data.theme === "light" ? "light" : "dark";
    for (const side of ["home", "away"]) {
      if (/^#[0-9a-f]{6}$/i.test(data[`${side}Colour`])) stage.style.setProperty(`--${side}`, data[`${side}Colour`]);
      stage.querySelector(`#bug .${side} b`).textContent = data[side];
      stage.querySelector(`#bug .${side} .points`).textContent = data[`${side}Score`];
    }
    stage.querySelector("#bug .period").textContent = data.period;
    stage.querySelector("#bug .clock").textContent = data.clock;
    const card = stage.querySelector("#card");
    drawCard(card, { ...data, chance: String(data.chance ?? "") });
    card.dataset.event = data.event ?? "";
  }

  async #show(skipAnimation) {
    const stage = this.#stage;
    if (!stage || !this.#realtime) return;
    let changed = false;
    stage.classList.toggle("still", skipAnimation);
    for (const [id, on] of Object.entries(this.#visible(this.#playing, this.#cardOff, this.#data))) {
      const node = stage.querySelector(`#${id}`);
      changed ||= node.hidden === on;
      node.hidden = !on;
    }
    if (changed && !skipAnimation) await new Promise((done) => setTimeout(done, FADE_MS));
  }
}
