// The operator's ledger: what a prover earned and paid, by workload and by epoch, out of the movements of its account.

import { h } from "../dom.js";
import { count, lem, units } from "../format.js";
import { amount, block, facts, link, table } from "../parts.js";

const PARTS = [["compute", true, "computing"], ["verdict", true, "verdicts"], ["led", true, "blocks it led"], ["fees", false, "fees"]];
const SHOWN_MAX = 20;

/** Which part of the ledger a movement belongs to; none for what is neither earned nor paid. */
const part = ({ cause, got }) => (cause === "fee" ? (got ? "led" : "fees") : got && (cause === "compute" || cause === "verdict") ? cause : null);

/** Sums movements under the names that `of` gives them: each part, and the profit. */
export function sums(movements, of) {
  const all = new Map();
  for (const it of movements) {
    const [name, under] = [part(it), of(it)];
    if (!name || under === null) continue;
    const sum = all.get(under) ?? { compute: 0n, verdict: 0n, led: 0n, fees: 0n, profit: 0n, height: it.height };
    sum[name] += units(it.amount);
    sum.profit += it.got ? units(it.amount) : -units(it.amount);
    all.set(under, sum);
  }
  return [...all];
}

const signed = (value) => amount(value < 0n ? `\u2212${lem(-value)}` : lem(value));

const cells = (sum) => [signed(sum.profit), ...PARTS.map(([name]) => amount(lem(sum[name])))];

const COLUMNS = [["Profit", "right"], ...PARTS.map(([, , words]) => [words, "right"])];

/** What the proofs under way can cost, if they are rejected: the slashed part of the bond behind their cores. */
export function atRisk(prover, params) {
  const value = (name) => params.find((it) => it.name === name)?.value;
  const behind = units(value("bond_per_unit") ?? "0") * BigInt(prover.in_use.cpus);
  const bond = units(prover.bond);
  return ((behind < bond ? behind : bond) * BigInt(value("slash") ?? 0)) / 1000n;
}

/** The ledger of a prover, from a page of movements and the parameters in force. */
export function ledger(prover, { movements, since, height, next }, { params }) {
  const blocks = Number(params.find((it) => it.name === "epoch_blocks")?.value) || 1;
  const from = next ? movements.at(-1).height : since;
  const [[, whole] = []] = sums(movements, () => "all");
  const workloads = sums(movements, (it) => (part(it) === "led" || part(it) === "fees" ? null : it.workload));
  return [
    facts([
      ["Profit", signed(whole?.profit ?? 0n)],
      ["Bond at risk by proofs under way", amount(lem(atRisk(prover, params))), " of ", amount(prover.bond)],
    ]),
    table("By epoch", [["Epoch"], ...COLUMNS],
      sums(movements, (it) => Math.floor(it.height / blocks)).map(([epoch, sum]) => ({ key: epoch, cells: [count(epoch), ...cells(sum)] }))),
    table("By workload", [["Workload"], ["Block", "right"], ["Profit", "right"], ["computing", "right"], ["verdicts", "right"]],
      workloads.slice(0, SHOWN_MAX).map(([workload, sum]) => ({
        key: workload, cells: [link("workload", workload), block(sum.height), signed(sum.profit), amount(lem(sum.compute)), amount(lem(sum.verdict))],
      }))),
    h("p", { class: "faint" }, `From block #${count(from)} to #${count(height)}: the latest ${movements.length} movements of its account. `,
      h("code", {}, "lemma prover ledger"), " goes further back."),
  ];
}
