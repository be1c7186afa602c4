// Verify a receipt: a file is dropped, and checked in this browser. No server is asked.

import { repeat } from "../draw.js";
import { h, show } from "../dom.js";
import { bytes, span } from "../format.js";
import { memory } from "../live.js";
import { amount, block, chip, facts, link, section, when } from "../parts.js";
import { FILE_MAX, Refused, verify } from "../receipt.js";
import { drawSection, verdictSection } from "./evidence.js";

export const label = "Verify a receipt";
export const heading = "Verify a receipt";

export function open(view) {
  const key = h("textarea", { id: "key", rows: 3, spellcheck: "false", autocomplete: "off", "aria-describedby": "key-about" });
  const file = h("input", { id: "file", type: "file", accept: ".receipt,application/octet-stream" });
  const told = { verdict: h("div", { role: "status", "aria-live": "polite" }), rest: h("div", {}) };
  const zone = h("div", { class: "drop" },
    h("label", { for: "file" }, "Choose a receipt, or drop it here"), file,
    h("p", { class: "faint" }, "It stays in this browser."));
  let held = null;
  const start = async (given) => {
    held = given ?? held;
    if (held) await check(held, key.value, told);
  };
  file.onchange = () => start(file.files[0]);
  key.onchange = () => start(null);
  droppable(zone, (given) => start(given));
  fillKey(view, key);
  view.root.append(
    h("p", {}, "A receipt shows how a workload ended. The check runs here, by the same code as ", h("code", {}, "lemma receipt verify"), ", and trusts no server: only the group key."),
    h("div", { class: "field" },
      h("label", { for: "key" }, "Group key of the network"), key,
      h("p", { id: "key-about", class: "faint" }, "This is the key that this node names. To trust nobody, put in the one that you have from elsewhere.")),
    zone, told.verdict, told.rest);
}

/** The node's key, once it is known, unless one was put in before. */
function fillKey(view, key) {
  let filled = false;
  const fill = () => {
    if (filled || !memory.status) return;
    filled = true;
    key.value ||= memory.status.group_key;
  };
  fill();
  view.every(200, fill);
}

function droppable(zone, take) {
  zone.ondragover = (event) => (event.preventDefault(), zone.classList.add("over"));
  zone.ondragleave = () => zone.classList.remove("over");
  zone.ondrop = (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer.files[0]);
  };
}

async function check(file, key, told) {
  show(told.verdict, h("p", {}, `Checking ${file.name}\u2026`));
  show(told.rest);
  try {
    if (file.size > FILE_MAX) throw new Refused("the file is longer than a receipt can be");
    const began = performance.now();
    const report = await verify(new Uint8Array(await file.arrayBuffer()), key);
    const took = performance.now() - began;
    const draw = report.draw ? await repeat({ ...report.draw, workload: report.checked.workload }) : null;
    show(told.verdict, good(file, took));
    show(told.rest, held(report, draw));
  } catch (error) {
    if (!(error instanceof Refused)) console.error(error);
    show(told.verdict, refused(file, error));
  }
}

const refused = (file, error) => h("div", { class: "verdict no" },
  h("strong", {}, error instanceof Refused ? "This receipt does not hold" : "The check could not be made"),
  h("p", {}, `${file.name}: ${error.message}.`),
  error instanceof Refused ? null : h("p", {}, "Instead: ", h("code", {}, "lemma receipt verify FILE --key GROUPKEY")));

const good = (file, took) => h("div", { class: "verdict yes" },
  h("strong", {}, "This receipt holds"),
  h("p", {}, `${file.name}, ${bytes(file.size)}, checked here in ${span(took)}.`));

function held(report, draw) {
  const { checked } = report;
  const data = asData(report);
  const elsewhere = memory.status && memory.status.chain !== checked.chain;
  return [
    elsewhere && h("p", { class: "bad" }, "It is of another chain than this node's: what it names is not found on the other pages."),
    section("What it shows", facts([
      ["Workload", link("workload", checked.workload, 16), " ", chip(data.state)],
      ["Program", link("program", checked.program, 16)],
      ["Sender", link("account", checked.sender, 16)],
      ["From", when(checked.created.time), " to ", when(checked.ended.time), ` (${span(checked.ended.time - checked.created.time)})`],
      ["Money", `${checked.fees.locked} LEM locked: `, amount(checked.fees.to_prover), " to the prover, ", amount(checked.fees.to_verdicts), " to the verdicts, ", amount(checked.fees.refunded), " given back, ", amount(checked.fees.burned), " burned"],
      checked.proof && ["Proof", h("code", { class: "break" }, checked.proof.id), ` ${bytes(checked.proof.size)}`],
      checked.proof?.public_values && ["Public values", h("code", { class: "break" }, checked.proof.public_values.slice(0, 512))],
      ["Final by", "block ", block(checked.height), " of chain ", h("code", { class: "break" }, checked.chain)],
    ])),
    section("The draw", drawSection(data, { report, draw })),
    section("Verdicts", verdictSection(data, { report })),
    h("div", { class: "columns even" },
      section("What the key vouches for", list(report.bound)),
      section("What it does not", list(report.not_bound))),
  ];
}

const list = (sentences) => h("ul", {}, sentences.map((it) => h("li", {}, it)));

/** The report in the shape of the API's workload, for the parts that show both. */
function asData({ checked }) {
  const attempts = checked.attempts.map((it, place) => ({ attempt: place + 1, prover: it.prover, drawn_by: it.drawn_by, end: null }));
  return { workload: checked.workload, state: String(checked.state).toLowerCase(), kind: String(checked.kind).toLowerCase(), attempts };
}
