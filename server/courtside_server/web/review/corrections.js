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

  correct(event, said, comment = "") {
    return getJson(`${gamePath(this.game)}:correctShot`, { eventId: event.eventId, facts: said, by: this.by(), comment, revision: event.revision });
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
export function inWords(said) {
  const words = [];
  if (said.happened === false) words.push("no shot");
  if (said.happened === true && said.result === undefined) words.push("a shot");
  if (said.result !== undefined) words.push({ SHOT_RESULT_MADE: "made", SHOT_RESULT_MISSED: "missed" }[said.result] ?? "result not known");
  if (said.type !== undefined) words.push(typeName(said.type.replace("SHOT_TYPE_", "")).replace("unspecified", "type not known"));
  if (said.points !== undefined) words.push(`${said.points} points`);
  if (said.courtX !== undefined) words.push(`place ${said.courtX.toFixed(1)}, ${said.courtY.toFixed(1)} m`);
  if (said.team !== undefined) words.push({ SIDE_HOME: "home", SIDE_AWAY: "away" }[said.team] ?? "no team");
  if (said.number !== undefined) words.push(said.number ? `No. ${said.number}` : "no number");
  return words.join(", ");
}
