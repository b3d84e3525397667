// How events read on a page.
import { distance, zones } from "./court.js";

export const stateOf = (event) => event.lifecycle.replace("LIFECYCLE_", "").toLowerCase();
export const resultOf = (event) => ({ SHOT_RESULT_MADE: "made", SHOT_RESULT_MISSED: "missed" })[event.shot.result] ?? "unknown";
export const typeOf = (event) => (event.shot.type ?? "SHOT_TYPE_UNSPECIFIED").replace(/^SHOT_TYPE_(UNSPECIFIED)?/, "").toLowerCase().replaceAll("_", " ");
export const zoneOf = (event) => zones[event.shot.zone]?.name ?? "";
export const percent = (share) => `${Math.round(100 * share)} %`;
export const sideOf = (event) => ({ SIDE_HOME: "home", SIDE_AWAY: "away" })[event.shot.team] ?? "";

export function pointsOf(event) {
  if (event.shot.awardedPoints === undefined && event.shot.type === "SHOT_TYPE_FREE_THROW") return 1;
  return event.shot.points || 0;
}

export function metres(event) {
  const far = distance(event.shot);
  return far === null ? "" : `${far.toFixed(1)} m`;
}

// Who shot, as far as it is known: a name of the roster, an enrolled shooter, or nobody.
export function shooterOf(event) {
  const { shot } = event;
  if (shot.jersey?.name) return shot.jersey.name;
  return shot.identity?.name || (shot.jersey?.number ? `No. ${shot.jersey.number}` : "");
}

export function clockText(seconds) {
  const left = Math.max(0, seconds);
  if (left < 60) return left.toFixed(1);
  const whole = Math.ceil(left);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// Seconds left by a game's clock at a time, milliseconds by the gateway's clock.
export function remaining(clock, now) {
  const gone = clock.running ? Math.max(0, now - Date.parse(clock.setTime)) / 1000 : 0;
  return Math.max(0, clock.remainingSeconds - gone);
}

export function periodText(state) {
  const { period } = state.clock;
  const { periods } = state.format;
  if (!period) return "";
  if (period > periods) return period === periods + 1 ? "OT" : `OT${period - periods}`;
  return periods === 2 ? `H${period}` : `Q${period}`;
}

// What the card of a shot shows; see card.js.
export function cardOf(event, game) {
  const tentative = stateOf(event) === "provisional";
  const side = sideOf(event);
  const result = resultOf(event);
  return {
    who: shooterOf(event) || (side ? game?.[side]?.name : "") || "Shot",
    what: [zoneOf(event), typeOf(event), metres(event)].filter(Boolean).join(", ") || "place not known",
    side, tentative, result, chance: percent(event.shot.makeProbability),
    word: { made: `+${pointsOf(event) || ""}`.replace(/\+$/, "MADE"), missed: "MISS", unknown: tentative ? "shot?" : "" }[result],
  };
}
