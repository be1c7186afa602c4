// What the receipt shows of a workload: the draw, repeated here, and each prover's verdict.

import { h, s } from "../dom.js";
import { ended } from "../live.js";
import { block, link, table } from "../parts.js";

const waits = (words) => h("p", { class: "none" }, words);

/** What is said where there is no checked receipt. */
function without(data, state, what) {
  if (!ended(data.state)) return waits(`${what} is in the receipt, which is made when the workload has ended.`);
  if (state.refused) return h("p", { class: "bad" }, state.refused);
  return waits("The receipt is fetched and checked\u2026");
}

export function drawSection(data, state) {
  const attempts = data.attempts.map((it) => h("li", {}, `Attempt ${it.attempt}: `, link("prover", it.prover),
    data.kind === "test" ? " is tested, which is not drawn" : [", drawn by the beacon of ", block(it.drawn_by)]));
  const named = attempts.length ? h("ul", { class: "plain" }, attempts) : waits("Nobody was drawn yet.");
  if (!attempts.length || data.kind === "test") return named;
  if (!state.report) return [named, without(data, state, "Who took part, and the beacon,")];
  return state.report.draw ? [named, repeated(data, state)] : named;
}

function repeated(data, state) {
  const shown = state.report.draw;
  const { draw } = state;
  if (!draw) return waits("The draw has too many tickets to be shown here; the check of the receipt has repeated it.");
  const expected = data.attempts.at(-1).prover;
  const right = draw.winner === expected;
  const rows = draw.lowest.map((it) => ({ key: it.prover, cells: [link("prover", it.prover), tickets(it, draw.winner), h("code", {}, (it.hash ?? "").slice(0, 16))] }));
  return [
    h("p", { class: right ? "good" : "bad" }, right
      ? `Repeated in this browser: of ${draw.tickets} tickets the lowest hash is that of the prover that was drawn for attempt ${shown.attempt}.`
      : "Repeated in this browser, the draw names another prover."),
    table("Candidates of the draw", [["Prover"], ["Tickets"], ["Lowest hash"]], rows),
    h("details", { "data-key": "beacon" }, h("summary", {}, "What was hashed"),
      h("p", {}, "BLAKE3 in key derivation mode, context \u201clemma 1 ticket\u201d, of beacon, workload, attempt, prover and number of the ticket. The beacon is the group's signature of block ", block(shown.height), ", which nobody could know before that block was final:"),
      h("p", {}, h("code", { class: "break" }, shown.beacon))),
  ];
}

const DOTS_MAX = 24;

function tickets(it, winner) {
  const dots = Math.min(it.tickets, DOTS_MAX);
  return h("span", { class: "tickets" },
    s("svg", { width: 9 * dots, height: 10, viewBox: `0 0 ${9 * dots} 10`, "aria-hidden": "true" },
      Array.from({ length: dots }, (_, n) => s("rect", { x: 9 * n, y: 1, width: 7, height: 8, rx: 2, class: it.prover === winner && n === it.ticket ? "won" : "" }))),
    ` ${it.tickets}`, it.prover === winner ? h("b", { class: "good" }, " drawn") : null);
}

export function verdictSection(data, state) {
  const ends = data.attempts.filter((it) => it.end?.verdicts);
  const said = ends.map((it) => h("p", {}, `Attempt ${it.attempt}: ${it.end.verdicts} provers say ${it.end.word === "rejected" ? "invalid" : it.end.word}.`));
  if (data.state !== "verified") return said.length ? said : waits(data.state === "proved" ? "The provers judge the proof now." : "No proof was judged.");
  if (!state.report) return [said, without(data, state, "Who said so")];
  const { verdicts, checked } = state.report;
  const rows = verdicts.map((it) => ({ key: it.prover, cells: [link("prover", it.prover), it.signed ? h("b", { class: "good" }, "\u2713 valid") : h("span", { class: "faint" }, "not in the certificate"), `${it.bond} LEM`] }));
  return [
    h("p", {}, `${checked.proof.verdicts} of ${checked.proof.set} provers, with ${(checked.proof.bonds_permille / 10).toFixed(1)} % of the bonds, signed that this proof is valid. Two thirds are needed.`),
    table("Verdicts", [["Prover"], ["Verdict"], ["Bond", "right"]], rows),
    state.id && h("p", { class: "faint" }, "Checked in this browser under the group key that this node names. With a key from a source that you trust: ", h("a", { href: "#/verify" }, "verify a receipt"), "."),
  ];
}
