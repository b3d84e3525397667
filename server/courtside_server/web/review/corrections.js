// What a person says of a shot, as GameService takes it. Each call carries the person's name and the revision that was seen.
import { gamePath, getJson } from "/lib/dom.js";

export const types = ["JUMP_SHOT", "LAYUP", "DUNK", "FREE_THROW", "CATCH_AND_SHOOT", "STEP_BACK", "SIDE_STEP"];
export const typeName = (type) => type.toLowerCase().replaceAll("_", " ");

// The facts that a key says.
export const facts = {
  m: { happened: true, result: "SHOT_RESULT_MADE" }, x: { happened: true, result: "SHOT_RESULT_MISSED" }, n: { happened: false }, y: { happened: true },
  h: { team: "SIDE_HOME" }, a: { team: "SIDE_AWAY" },
  ...Object.fromEntries(types.map((type, index) => [String(index + 1), { type: `SHOT_TYPE_${type}` }])),
};

export class Corrections {
  constructor(game, by) { Object.assign(this, { game, by }); }

  correct(event, given, comment = "") {
    return getJson(`${gamePath(this.game)}:correctShot`, { eventId: event.eventId, facts: given, by: this.by(), comment, revision: event.revision });
  }

  undo(event) { return getJson(`${gamePath(this.game)}:undoCorrection`, { eventId: event.eventId, by: this.by() }); }

  // A shot that no model found, at a media time of a lane whose clocks another shot of it shows.
  add(known, media) {
    const time = new Date(Date.parse(known.eventTime) + 1000 * (media - (known.mediaOffset ?? 0)));
    return getJson(`${gamePath(this.game)}:addShot`, {
      camera: known.camera, mediaOffset: media, session: known.session ?? "", mediaSegment: known.mediaSegment ?? 0, eventTime: time.toISOString(), facts: { happened: true }, by: this.by(),
    });
  }
}

// One step of a correction in words.
export function inWords(given) {
  const words = [];
  if (given.happened === false) words.push("no shot");
  if (given.happened === true && given.result === undefined) words.push("a shot");
  if (given.result !== undefined) words.push({ SHOT_RESULT_MADE: "made", SHOT_RESULT_MISSED: "missed" }[given.result] ?? "result not known");
  if (given.type !== undefined) words.push(typeName(given.type.replace("SHOT_TYPE_", "")).replace("unspecified", "type not known"));
  if (given.points !== undefined) words.push(`${given.points} points`);
  if (given.courtX !== undefined) words.push(`place ${given.courtX.toFixed(1)}, ${given.courtY.toFixed(1)} m`);
  if (given.team !== undefined) words.push({ SIDE_HOME: "home", SIDE_AWAY: "away" }[given.team] ?? "no team");
  if (given.number !== undefined) words.push(given.number ? `No. ${given.number}` : "no number");
  return words.join(", ");
}
