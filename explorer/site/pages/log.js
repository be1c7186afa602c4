// What a program logged, as text.

import { beginning, get } from "../api.js";
import { h, show } from "../dom.js";
import { bytes } from "../format.js";
import { trouble } from "../parts.js";

const LOG_MAX = 256 * 1024;

export function logSection(data) {
  if (!data.attempts.length) return h("p", { class: "none" }, "No attempt was made yet.");
  return [
    h("p", { class: "faint" }, "Served by the node of the attempt's prover; of a failed attempt by any node that holds it."),
    data.attempts.map((it) => one(data.workload, it)),
  ];
}

function one(workload, { attempt, prover }) {
  return h("div", { class: "log", "data-own": true, "data-key": `log ${attempt}` },
    h("button", { type: "button", onclick: (event) => fetched(event.currentTarget.parentElement, workload, attempt, prover) }, `Show the log of attempt ${attempt}`));
}

async function fetched(place, workload, attempt, prover) {
  const button = place.querySelector("button");
  button.disabled = true;
  try {
    const { text, all } = await beginning(`/workloads/${workload}/log?attempt=${attempt}`, LOG_MAX);
    show(place, h("h3", {}, `Log of attempt ${attempt}`),
      h("pre", { tabindex: "0" }, text || "(empty)"),
      all ? null : h("p", { class: "faint" }, `The first ${bytes(LOG_MAX)}.`));
  } catch (problem) {
    button.disabled = false;
    show(place, button.cloneNode(true), trouble(problem), problem.code === "log-elsewhere" && await elsewhere(workload, prover));
    place.querySelector("button").onclick = button.onclick;
  }
}

/** The same page at the prover's own node, whose address the prover put on the chain. */
async function elsewhere(workload, prover) {
  const { address } = await get(`/provers/${prover}`).catch(() => ({}));
  return /^https?:\/\//.test(address) && h("p", {}, h("a", { href: `${address}/#/workload/${workload}`, rel: "noreferrer" }, `See it at ${address}`));
}
