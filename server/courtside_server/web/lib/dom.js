// Small helpers for pages.
export const $ = (selector) => document.querySelector(selector);

// An element with attributes and children. Texts become text nodes, never markup: they come from the network.
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Sets a text only where it changed, so that nothing is laid out anew for nothing.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// JSON of the gateway. Throws an error with the gateway's own sentence, and `status` and `reason`.
export async function getJson(address, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(address, { cache: "no-store", ...options });
  const values = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(values.error ?? `the gateway answers ${answer.status}`), { status: answer.status, reason: values.reason ?? "" });
  return values;
}

// Whether a text can name a game.
export const namesGame = (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text);

export const gamePath = (game) => `/v1/games/${encodeURIComponent(game)}`;

// The names of all games, without `games/`, the newest first.
export async function gameNames() {
  const { games = [] } = await getJson("/v1/games");
  return games.map((one) => ({ name: one.game.replace(/^games\//, ""), title: one.title ?? "", state: one.state ?? null, size: Number(one.highWaterMark ?? 0) })).reverse();
}
