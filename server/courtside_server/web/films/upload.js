// Sends a film in parts. Where the connection breaks, it goes on with the bytes that the gateway lacks.
import { crc32 } from "/films/crc32.js";

const partBytes = 4 * 2 ** 20;
const pauses = [500, 1000, 2000, 5000, 10000]; // milliseconds between attempts; the last one repeats
const patience = 10; // attempts in a row with an answer, but without progress
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Refused extends Error {}

export async function call(method, address, values) {
  const options = { method };
  if (method === "POST") Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(values ?? {}) });
  const answer = await fetch(address, options);
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(body.error ?? `The gateway answers with HTTP status ${answer.status}.`);
  return body;
}

async function crcOf(file, end, crc = 0, start = 0) {
  for (let at = start; at < end; at += partBytes) {
    crc = crc32(new Uint8Array(await file.slice(at, Math.min(at + partBytes, end)).arrayBuffer()), crc);
  }
  return crc;
}

const head = async (id, signal) => {
  const answer = await fetch(`/v1/films/${id}/content`, { method: "HEAD", signal });
  if (!answer.ok) throw new Refused("The upload is gone: send the film again.");
  return { offset: Number(answer.headers.get("Upload-Offset")), crc: parseInt(answer.headers.get("Upload-Crc32"), 16) };
};

// The upload of this very film that broke off, found by name, size and the bytes that are there.
async function unfinished(file, films, busy) {
  for (const film of films) {
    if (film.state !== "uploading" || film.size !== file.size || film.name !== file.name || busy(film.id)) continue;
    const { offset, crc } = await head(film.id);
    if (await crcOf(file, offset) === crc) return film;
  }
  return null;
}

// Sends a file; gives the film. `on(film, sent, note)` is called with progress, `busy(id)` says whether it is being sent.
export async function send(file, { on, busy, signal }) {
  const { films } = await call("GET", "/v1/films");
  const film = await unfinished(file, films, busy) ?? await call("POST", "/v1/films", { name: file.name, size: file.size });
  let tried = 0;
  let [offset, crc, known] = [0, 0, 0];
  for (;;) {
    try {
      ({ offset } = await head(film.id, signal));
      if (offset < known) [crc, known] = [0, 0];
      crc = await crcOf(file, offset, crc, known);
      known = offset;
      while (offset < file.size) {
        on(film, offset, "");
        const part = file.slice(offset, offset + partBytes);
        const answer = await fetch(`/v1/films/${film.id}/content`, {
          method: "PATCH", body: part, signal, headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) },
        });
        if (answer.status !== 204) {
          const { error } = await answer.json().catch(() => ({}));
          const again = answer.status === 503 || answer.status === 408 || answer.headers.has("Upload-Offset");
          throw new (again ? Error : Refused)(error ?? `HTTP status ${answer.status}`);
        }
        const end = Number(answer.headers.get("Upload-Offset"));
        if (!(end > offset)) throw new Error("nothing was taken");
        crc = await crcOf(file, end, crc, offset);
        known = offset = end;
        tried = 0;
      }
      on(film, file.size, "");
      return await call("POST", `/v1/films/${film.id}:finish`, { crc32: crc.toString(16).padStart(8, "0") });
    } catch (error) {
      if (error instanceof Refused || error.name === "AbortError") throw error;
      if (error.name === "NotReadableError" || error.name === "NotFoundError") throw new Refused(`${file.name} cannot be read any more: choose it again.`);
      // What the gateway refuses while parts are on their way breaks the connection: its state says why.
      const state = await call("GET", `/v1/films/${film.id}`).catch((other) => other);
      if (state instanceof Refused) throw state;
      if (state?.state === "failed") throw new Refused(state.error);
      if (state?.id && (tried += 1) > patience) throw new Refused("The gateway answers, but takes no part of the film: is a proxy in between?");
      on(film, offset, "The connection broke; trying again.");
      await wait(pauses[Math.min(tried, pauses.length - 1)]);
    }
  }
}
