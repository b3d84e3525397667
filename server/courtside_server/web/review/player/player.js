// One player of a game: shots, form shot by shot, the form of one shot against another, map, skills and actions.
//   game=ID  player=NAME
import { svg } from "/lib/court.js";
import { $, element, gameNames, getJson, namesGame, setText } from "/lib/dom.js";
import { Feed } from "/lib/feed.js";
import { mediaClock } from "/lib/shots.js";
import { percent, pointsOf, resultOf, shooterOf, stateOf, typeOf, zoneOf } from "/lib/words.js";
import { Chart } from "/review/chart.js";
import { Comparison, joints } from "/review/player/form.js";

const fewestOfMap = 3; // Enrolled shots that a map needs.
const measures = [
  ["tempoSeconds", "Tempo", "s", 2], ["releaseHeightTorsos", "Release height", "torsos", 2], ["setElbowDegrees", "Elbow at the set point", "°", 0],
  ["setKneeDegrees", "Knee at the set point", "°", 0], ["releaseElbowDegrees", "Elbow at the release", "°", 0], ["releaseKneeDegrees", "Knee at the release", "°", 0],
];
const params = new URLSearchParams(location.search);
let game = namesGame(params.get("game") ?? "") ? params.get("game") : "";
let player = params.get("player") ?? "";
let feed = null;
let comparison = null;
let shooters = [];
let chosen = false; // somebody has chosen what to compare with
const chart = new Chart($("#chart"), { onPick: (event) => { location.href = `/review/?${new URLSearchParams({ game, shot: event.eventId })}`; }, onPlace: () => {} });

const mine = () => feed.shots.filter((event) => shooterOf(event) === player);
const label = (event) => `${mediaClock(event.mediaOffset ?? 0)} ${resultOf(event)}${typeOf(event) && `, ${typeOf(event)}`}`;

function fill(select, options, value) {
  if ([...select.options].map((one) => `${one.value}=${one.textContent}`).join("|") !== options.map(([key, text]) => `${key}=${text}`).join("|")) {
    select.replaceChildren(...options.map(([key, text]) => element("option", { value: key }, text)));
  }
  if (options.some(([key]) => key === value)) select.value = value;
}

function draw() {
  const names = [...new Set(feed.shots.map(shooterOf).filter(Boolean))].sort();
  if (!player && names.length) [player] = names;
  if (player && !names.includes(player)) names.unshift(player);
  fill($("#player"), names.map((name) => [name, name]), player);
  const shots = mine();
  const standing = shots.filter((event) => stateOf(event) !== "retracted");
  const made = standing.filter((event) => resultOf(event) === "made");
  const known = standing.filter((event) => resultOf(event) !== "unknown");
  setText($("#name"), player ? `${player}: ${standing.length} shots` : "No player is known");
  const missing = "No shot of this game names its shooter. Enroll shooters (courtside shooters), or give a number to a shot on the review page.";
  setText($("#summary"), player ? `${made.length} of ${known.length} made${known.length ? ` (${percent(made.length / known.length)})` : ""}, ${made.reduce((sum, event) => sum + (pointsOf(event) || 2), 0)} points, ${standing.length - known.length} not known` : missing);
  chart.draw(shots, feed.shots, null);
  chart.drawZones($("#zones tbody"), shots);
  drawMeasures(standing.filter((event) => event.shot.form));
  drawChoice(standing);
  drawActions(shots);
  const alerts = [...feed.events.values()].filter((event) => event.formAlert?.shooter === player);
  $("#alerts").replaceChildren(...alerts.map((event) => element("li", {},
    `${mediaClock(event.mediaOffset ?? 0)}: the form has left the baseline (${event.formAlert.statistic.toFixed(1)}, usually below ${event.formAlert.limit.toFixed(1)})${event.formAlert.joints?.length ? `: ${event.formAlert.joints.map((one) => one.joint.replaceAll("_", " ")).join(", ")}` : ""}`)));
}

function drawMeasures(shots) {
  $("#no-form").hidden = shots.length > 0;
  const rows = measures.map(([key, name, unit, digits]) => ({ name, unit, digits, values: shots.map((event) => ({ event, value: event.shot.form[key] })).filter((one) => one.value !== undefined) }));
  rows.push({ name: "Distance from the own baseline", unit: "sd", digits: 1, values: shots.map((event) => ({ event, value: event.shot.identity?.baselineDistance })).filter((one) => one.value !== undefined) });
  $("#measures").replaceChildren(...rows.filter((row) => row.values.length).map((row) => {
    const numbers = row.values.map((one) => one.value);
    const low = Math.min(...numbers), high = Math.max(...numbers);
    const at = (value, index) => ({ x: row.values.length > 1 ? 100 * index / (row.values.length - 1) : 50, y: high > low ? 30 - 26 * (value - low) / (high - low) : 17 });
    const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const show = (value) => `${value.toFixed(row.digits)} ${row.unit}`;
    const picture = svg("svg", { viewBox: "-3 0 106 34", role: "img", "aria-label": `${row.name} of ${numbers.length} shots: mean ${show(mean)}, ${show(low)} to ${show(high)}` });
    picture.append(svg("polyline", { points: row.values.map((one, index) => { const point = at(one.value, index); return `${point.x},${point.y}`; }).join(" ") }));
    row.values.forEach((one, index) => {
      const point = at(one.value, index);
      const dot = svg("circle", { cx: point.x, cy: point.y, r: 1.8, class: resultOf(one.event) });
      dot.append(svg("title", {}, `${label(one.event)}: ${show(one.value)}`));
      picture.append(dot);
    });
    return element("figure", { class: "measure" }, element("figcaption", {}, `${row.name}: `, element("b", {}, show(mean)), ` (${show(low)} to ${show(high)})`), picture);
  }));
}

// ---- one shot against another ----------------------------------------------------------------------------------------

function drawChoice(standing) {
  const withForm = standing.filter((event) => event.shot.form);
  fill($("#shot"), withForm.map((event) => [event.eventId, label(event)]), $("#shot").value);
  const enrolled = shooters.filter((one) => one.name).map((one) => [`shooter:${one.name}`, `${one.name}'s baseline (${one.shots} shots)`])
    .sort((a, b) => (b[0] === `shooter:${player}`) - (a[0] === `shooter:${player}`));
  const references = [...enrolled, ...withForm.map((event) => [`shot:${event.eventId}`, label(event)])];
  // Until somebody chooses: the player's own baseline, or else another shot.
  const usual = references.find(([key]) => key === `shooter:${player}`) ?? references.find(([key]) => key !== `shot:${$("#shot").value}`);
  fill($("#reference"), references, chosen ? $("#reference").value : usual?.[0]);
  $("#compare").disabled = !withForm.length;
}

async function compare() {
  const reference = $("#reference").value;
  const name = reference.slice(reference.indexOf(":") + 1);
  const full = `games/${game}`;
  try {
    const answer = await getJson("/v1/shooters/compare", {
      shot: { gameShot: { game: full, eventId: $("#shot").value } },
      ...(reference.startsWith("shooter:") ? { shooter: name } : { other: { gameShot: { game: full, eventId: name } } }),
    });
    comparison = new Comparison(answer);
    setText($("#warning"), [comparison.warning, comparison.distance !== undefined && `${comparison.distance.toFixed(1)} standard deviations from the own good shots`].filter(Boolean).join("; "));
  } catch (error) {
    comparison = null;
    setText($("#warning"), `Cannot be compared: ${error.message}`);
  }
  $("#comparison").hidden = !comparison;
  if (!comparison) return;
  $("#step").max = comparison.steps - 1;
  $("#step").value = comparison.steps - 1;
  comparison.drawHeat($("#horizontal"), comparison.horizontal);
  comparison.drawHeat($("#vertical"), comparison.vertical);
  comparison.drawJoints($("#joints tbody"));
  drawStep();
}

function drawStep() {
  const step = Number($("#step").value);
  comparison.drawBodies($("#bodies"), step);
  setText($("#at"), `${percent(step / (comparison.steps - 1))} of the way to the release`);
}

// ---- map, skills, actions --------------------------------------------------------------------------------------------

async function drawMap() {
  const count = shooters.reduce((sum, one) => sum + one.shots, 0);
  if (count < fewestOfMap) {
    setText($("#map-hint"), `A map needs ${fewestOfMap} enrolled shots; there ${count === 1 ? "is" : "are"} ${count}. Enroll shooters: courtside shooters enroll NAME …`);
    return;
  }
  try {
    const found = await getJson("/v1/shooters/map");
    const xs = found.points.map((point) => point.x), ys = found.points.map((point) => point.y);
    const side = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys), 1e-6);
    const at = (value, least) => 5 + 90 * (value - least) / side;
    const middles = new Map();
    $("#map").setAttribute("viewBox", "0 0 100 100");
    $("#map").replaceChildren(...found.points.map((point) => {
      const x = at(point.x, Math.min(...xs)), y = at(point.y, Math.min(...ys));
      middles.set(point.shooter, [...(middles.get(point.shooter) ?? []), { x, y }]);
      const dot = svg("circle", { cx: x, cy: y, r: 1.4, class: point.shooter === player ? "own" : "" });
      dot.append(svg("title", {}, point.shooter));
      return dot;
    }), ...[...middles].map(([name, points]) => svg("text", { x: points.reduce((sum, point) => sum + point.x, 0) / points.length, y: Math.min(...points.map((point) => point.y)) - 3, "font-size": 4, "text-anchor": "middle" }, name)));
    $("#map").toggleAttribute("hidden", false);
    setText($("#map-hint"), `${found.points.length} enrolled shots by ${found.method === "MAP_METHOD_TSNE" ? "t-SNE" : "principal components"}: near ones are alike.`);
  } catch (error) {
    setText($("#map-hint"), `No map: ${error.message}`);
  }
}

// Expected levels, 0 to 4, by group: the mean of the group's skills.
async function drawSkills(file) {
  try {
    const values = JSON.parse(await file.text());
    const skills = values.skills ?? [];
    if (!skills.length) throw new Error(values.notEnoughFilm ?? values.not_enough_film ?? "it has no skills");
    const groups = new Map();
    for (const one of skills) groups.set(one.group, [...(groups.get(one.group) ?? []), one.expectedLevel ?? one.expected_level]);
    const names = [...groups.keys()];
    const point = (index, level) => { const turn = 2 * Math.PI * index / names.length - Math.PI / 2; return { x: 150 + 26 * level * Math.cos(turn), y: 135 + 26 * level * Math.sin(turn) }; };
    const ring = (level) => names.map((_, index) => { const at = point(index, level); return `${at.x.toFixed(1)},${at.y.toFixed(1)}`; }).join(" ");
    const means = names.map((name) => groups.get(name).reduce((sum, level) => sum + level, 0) / groups.get(name).length);
    $("#radar").setAttribute("viewBox", "0 0 300 270");
    $("#radar").replaceChildren(...[1, 2, 3, 4].map((level) => svg("polygon", { points: ring(level), class: "ring" })),
      svg("polygon", { points: means.map((level, index) => { const at = point(index, level); return `${at.x.toFixed(1)},${at.y.toFixed(1)}`; }).join(" ") }),
      ...names.map((name, index) => { const at = point(index, 4.7); return svg("text", { x: at.x, y: at.y }, `${name} ${means[index].toFixed(1)}`); }));
    $("#radar").toggleAttribute("hidden", false);
    setText($("#skills-hint"), values.caution ?? "Levels from 0, poor, to 4, excellent: the mean of each group.");
  } catch (error) {
    setText($("#skills-hint"), `${file.name} is no output of courtside skills: ${error.message}`);
  }
}

// The actions of the tracks that took this player's shots, each in its camera and session.
function drawActions(shots) {
  const tracks = new Set(shots.filter((event) => event.shot.shooterTrackId !== undefined).map((event) => `${event.camera}|${event.session ?? ""}|${event.shot.shooterTrackId}`));
  const found = [...feed.events.values()].filter((event) => event.action && stateOf(event) !== "retracted" && tracks.has(`${event.camera}|${event.session ?? ""}|${event.action.trackId}`));
  $("#actions").toggleAttribute("hidden", !found.length);
  setText($("#actions-hint"), found.length ? `${found.length} stretches of the tracks that took these shots` : "No actions of this player are in the log: they are read of live cameras, and of films with courtside analyze --actions, while the track that took a shot is followed.");
  if (!found.length) return;
  const kinds = [...new Set(found.map((event) => event.action.action))].sort();
  const from = Math.min(...found.map((event) => event.mediaOffset ?? 0)), to = Math.max(...found.map((event) => event.action.endMediaOffset ?? 0), from + 1);
  const x = (time) => 110 + 880 * (time - from) / (to - from);
  $("#actions").setAttribute("viewBox", `0 0 1000 ${22 * kinds.length + 18}`);
  $("#actions").replaceChildren(...kinds.flatMap((kind, row) => [svg("rect", { x: 110, y: 22 * row + 2, width: 880, height: 18, class: "lane" }), svg("text", { x: 4, y: 22 * row + 15 }, kind.replace("ACTION_", "").toLowerCase().replaceAll("_", " "))]),
    ...found.map((event) => {
      const start = x(event.mediaOffset ?? 0);
      const bar = svg("rect", { x: start, y: 22 * kinds.indexOf(event.action.action) + 3, width: Math.max(1.5, x(event.action.endMediaOffset ?? 0) - start), height: 16 });
      bar.append(svg("title", {}, `${mediaClock(event.mediaOffset ?? 0)} to ${mediaClock(event.action.endMediaOffset ?? 0)}, ${percent(event.action.confidence ?? 0)}`));
      return bar;
    }), svg("text", { x: 110, y: 22 * kinds.length + 13 }, mediaClock(from)), svg("text", { x: 940, y: 22 * kinds.length + 13 }, mediaClock(to)));
}

// ---- composition -----------------------------------------------------------------------------------------------------

let due = false;
function open(next) {
  feed?.port.close();
  game = next;
  const own = feed = new Feed(game);
  const query = `?game=${encodeURIComponent(game)}`;
  $("#to-monitor").href = `/${query}`;
  $("#to-review").href = `/review/${query}`;
  own.addEventListener("change", ({ detail }) => {
    if (own !== feed) return;
    if (detail.kind === "status") {
      setText($("#state"), { live: "live", connecting: "connecting" }[own.status] ?? "reconnecting");
      $("#state").className = own.status === "live" ? "live" : "problem";
    }
    if ((detail.kind === "event" || detail.kind === "snapshot") && !due) {
      due = true;
      requestAnimationFrame(() => { due = false; draw(); });
    }
  });
}

const remember = () => history.replaceState(null, "", `?${new URLSearchParams({ game, player })}`);
$("#player").addEventListener("change", () => { player = $("#player").value; remember(); draw(); drawMap(); });
$("#game").addEventListener("change", () => { player = ""; open($("#game").value); remember(); });
$("#reference").addEventListener("change", () => { chosen = true; });
$("#compare").addEventListener("click", compare);
$("#step").addEventListener("input", drawStep);
$("#skills-file").addEventListener("change", () => { if ($("#skills-file").files[0]) drawSkills($("#skills-file").files[0]); });

for (const list of document.querySelectorAll(".joints")) list.append(...joints.slice(5).map((name) => element("li", {}, name)));

async function start() {
  try {
    const names = (await gameNames()).map((one) => one.name);
    if (game && !names.includes(game)) names.unshift(game);
    if (!game && names.length) open(names[0]);
    if (!names.length) setText($("#state"), "no game yet: start a camera, or create one with courtside game");
    fill($("#game"), names.map((name) => [name, name]), game);
    shooters = (await getJson("/v1/shooters")).shooters ?? [];
    if (feed) draw();
    await drawMap();
  } catch (error) {
    setText($("#state"), `the gateway does not answer: ${error.message}`);
    $("#state").className = "problem";
  }
}
if (game) open(game);
start();
