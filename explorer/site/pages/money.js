// The money of a workload: what was locked, where it went, and how the sender's account moved.

import { h, s } from "../dom.js";
import { lem, permille, units } from "../format.js";
import { amount, block, facts, table } from "../parts.js";

const PARTS = [["to_prover", "to the prover"], ["to_verdicts", "to the verdicts"], ["refunded", "given back"], ["burned", "burned"]];

export const moneySection = ({ run, end }, paid) => [
  facts([
    ["Locked for computing", amount(run.fee.compute)],
    ["Locked for verdicts", amount(run.fee.verification)],
    ["Locked together", amount(run.fee.total)],
    ["The most the sender would pay", amount(run.fee_max)],
  ]),
  end ? [bar(end), h("ul", { class: "legend" }, PARTS.map(([name, words]) => h("li", { class: name }, h("span", {}, words), amount(end[name]))))]
    : h("p", { class: "none" }, "All of it is locked until the workload ends."),
  paid && (paid.length ? moved(paid) : h("p", { class: "faint" }, "No movement of the sender's account for it is among the latest 100 that this node remembers.")),
];

function bar(end) {
  const values = PARTS.map(([name]) => units(end[name]));
  const whole = values.reduce((sum, value) => sum + value, 0n);
  let left = 0;
  return s("svg", { class: "money", viewBox: "0 0 1000 18", preserveAspectRatio: "none", role: "img", "aria-label": "Where the locked fee went" },
    PARTS.map(([name], place) => {
      const width = permille(values[place], whole);
      left += width;
      return s("rect", { class: name, x: left - width, width, height: 18 });
    }));
}

function moved(paid) {
  const total = paid.reduce((sum, it) => sum + (it.got ? units(it.amount) : -units(it.amount)), 0n);
  const rows = paid.map((it) => ({ key: `${it.height}.${it.place}`, cells: [it.cause, [it.got ? "+" : "\u2212", amount(it.amount)], block(it.height)] }));
  return [
    table("How the sender's account moved for it", [["Cause"], ["Amount", "right"], ["Block", "right"]], rows),
    h("p", {}, "Charged to the sender in all: ", h("strong", {}, total < 0n ? `${lem(-total)} LEM` : "nothing"), " (the transaction's own fee included)."),
  ];
}
