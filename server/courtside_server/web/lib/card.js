// The card of one shot: draws what `cardOf` (words.js) makes of an event, or what a playout server sends.
//   { who, what, side: "home|away|", tentative, result: "made|missed|unknown", word, chance: "44 %" }
// A chance that is empty, or a result that is known, hides the bar.
export function drawCard(node, card) {
  const side = ["home", "away"].includes(card.side) ? card.side : "";
  const result = ["made", "missed"].includes(card.result) ? card.result : "unknown";
  node.className = `part ${side} ${card.tentative ? "tentative" : ""}`;
  node.querySelector(".who").textContent = card.who;
  node.querySelector(".what").textContent = card.what;
  const chance = node.querySelector(".chance");
  chance.hidden = result !== "unknown" || !card.chance;
  chance.style.display = chance.hidden ? "none" : "";
  chance.querySelector("i").style.setProperty("--share", card.chance.replace(" ", ""));
  chance.querySelector("span").textContent = `make chance ${card.chance}`;
  const word = node.querySelector(".result");
  word.className = `result ${result}`;
  word.textContent = card.word;
  node.dataset.result = result;
}
