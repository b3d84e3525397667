// What pages read of shots beside words: cameras, times, one shot of several cameras, what is doubtful.
import { resultOf, stateOf } from "./words.js";

const sameShotSeconds = 1; // In a log before 0.2: shots of two cameras closer than this are one shot.

export const timeOf = (event) => (event.eventTime ? Date.parse(event.eventTime) / 1000 : event.mediaOffset ?? 0);
export const cameraOf = (event) => event.camera.split("/").pop();
export const camerasOf = (event) => (event.shot.views?.length ? event.shot.views : [event]).map((view) => view.camera.split("/").pop());

export function mediaClock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}

// The shots with their cameras, in the order of the log. The gateway makes one event of what several cameras saw of a
// shot. A log before 0.2 has an event for each camera: there the one counts that was not retracted, then the first.
export function withCameras(events) {
  const found = [];
  for (const event of events) {
    const cameras = camerasOf(event);
    const same = event.shot.views?.length ? undefined : found.slice(-8).find((other) =>
      !other.shot.views?.length && Math.abs(timeOf(event) - timeOf(other)) <= sameShotSeconds && !other.cameras.includes(cameras[0]));
    if (!same) found.push({ ...event, cameras });
    else {
      const all = [...same.cameras, ...cameras];
      if (stateOf(event) !== "retracted") {
        if (stateOf(same) === "retracted") Object.assign(same, event);
        else if (resultOf(same) === "unknown") same.shot = { ...same.shot, result: event.shot.result };
      }
      same.cameras = all;
    }
  }
  return found;
}

// Whether a person has said something of the shot, beyond a comment.
export const isCorrected = (event) => (event.correction?.steps ?? []).some((step) => Object.keys(step.facts ?? {}).length);

const certainType = 0.6; // Types below this probability are worth a second look.

// How much a shot deserves a second look, 0 to 1, and why: where models disagree with each other or with themselves.
// What a person has corrected deserves none.
export function doubt(event) {
  if (isCorrected(event)) return { share: 0, why: "" };
  const { shot } = event;
  const result = resultOf(event);
  const found = [];
  const views = (shot.views ?? []).map((view) => view.result).filter((one) => one === "SHOT_RESULT_MADE" || one === "SHOT_RESULT_MISSED");
  if (new Set(views).size > 1) found.push({ share: 1, why: "cameras disagree about the result" });
  const probability = shot.probability ?? 0;
  const isShot = 1 - Math.abs(2 * probability - 1);
  if (stateOf(event) === "retracted") return { share: shot.replayOf ? 0 : isShot, why: `was a shot at ${Math.round(100 * probability)} %` };
  found.push({ share: isShot, why: `a shot at ${Math.round(100 * probability)} %` });
  const chance = shot.makeProbability ?? 0;
  if (result === "unknown") found.push({ share: 0.75 + 0.25 * (1 - Math.abs(2 * chance - 1)), why: "result not known" });
  else found.push({ share: Math.min(1, 2 * (result === "made" ? 1 - chance : chance)), why: `${result}, make probability ${Math.round(100 * chance)} %` });
  if (shot.typeProbability > 0 && shot.typeProbability < certainType) found.push({ share: 0.5 * (1 - shot.typeProbability), why: `type at ${Math.round(100 * shot.typeProbability)} %` });
  return found.reduce((most, one) => (one.share > most.share ? one : most));
}
