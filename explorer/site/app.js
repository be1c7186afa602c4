// The page: routes, the frame around them, and what is said of the connection.

import { Problem } from "./api.js";
import { h, show } from "./dom.js";
import { count } from "./format.js";
import { connect, keepSampling, memory, onChange, onEvent } from "./live.js";
import { trouble } from "./parts.js";
import { lookUp } from "./search.js";
import { setUpTheme } from "./theme-switch.js";
import * as account from "./pages/account.js";
import * as accounts from "./pages/accounts.js";
import * as block from "./pages/block.js";
import * as blocks from "./pages/blocks.js";
import * as find from "./pages/find.js";
import * as home from "./pages/home.js";
import * as network from "./pages/network.js";
import * as program from "./pages/program.js";
import * as programs from "./pages/programs.js";
import * as prover from "./pages/prover.js";
import * as provers from "./pages/provers.js";
import * as validators from "./pages/validators.js";
import * as verify from "./pages/verify.js";
import * as workload from "./pages/workload.js";
import * as workloads from "./pages/workloads.js";

const PAGES = { "": home, workloads, workload, provers, prover, programs, program, accounts, account, validators, network, verify, blocks, block, find };
const NAV = ["", "workloads", "provers", "programs", "accounts", "blocks", "validators", "network", "verify"];
/** Pages about one thing, and the list that they belong to. */
const UNDER = { workload: "workloads", prover: "provers", program: "programs", account: "accounts", block: "blocks" };

const byId = (id) => document.getElementById(id);
const main = byId("main");
let leave = () => {};

function route() {
  const [name = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  return { name: Object.hasOwn(PAGES, name) ? name : null, argument: rest[0] ?? "" };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What a page may do: paint itself again when something changed, and clean up when it is left. */
function makeView(root) {
  const stop = new AbortController();
  const ends = [];
  const view = {
    root,
    signal: stop.signal,
    paint: (draw) => {
      const painted = () => !stop.signal.aborted && !view.failed && show(root, draw());
      ends.push(onChange(painted));
      painted();
      return painted;
    },
    onEvent: (watcher) => ends.push(onEvent(watcher)),
    every: (ms, call) => {
      const timer = setInterval(() => document.hidden || call(), ms);
      ends.push(() => clearInterval(timer));
    },
    /** Runs something that asks the node, and shows the problem if it fails. */
    attempt: async (work) => {
      try {
        await work();
        view.failed = null;
      } catch (problem) {
        if (stop.signal.aborted) return;
        if (!(problem instanceof Problem)) console.error(problem);
        view.failed = problem;
        show(root, trouble(problem));
      }
    },
    end: () => (stop.abort(), ends.forEach((end) => end())),
  };
  return view;
}

function go(focus) {
  leave();
  const { name, argument } = route();
  const page = PAGES[name];
  const root = h("div", { class: "page" });
  const heading = h("h1", { tabindex: "-1" }, page ? page.heading : "There is no such page");
  const view = makeView(root);
  leave = view.end;
  main.replaceChildren(heading, root);
  document.title = `${page ? page.heading : "No such page"} \u00b7 Lemma`;
  nav(name);
  if (page) page.open(view, argument, heading);
  else root.append(h("p", {}, h("a", { href: "#/" }, "Back to the first page")));
  if (focus) {
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }
}

function nav(name) {
  const current = UNDER[name] ?? name;
  show(byId("nav"), h("ul", {}, NAV.map((page) =>
    h("li", {}, h("a", { href: `#/${page}`, "aria-current": page === current ? "page" : null }, PAGES[page].label)))));
  const [frame, link] = [byId("nav"), byId("nav").querySelector("[aria-current]")];
  if (link) frame.scrollLeft = link.offsetLeft - frame.offsetLeft - (frame.clientWidth - link.clientWidth) / 2;
}

function frame() {
  const { status, online, lost } = memory;
  show(byId("network"), status ? [h("b", {}, status.name), h("span", { class: "height" }, ` #${count(status.height)}`)] : "");
  byId("pulse").className = `pulse ${online ? "on" : "off"}`;
  byId("pulse").title = online ? "following this node" : "not connected";
  document.body.classList.toggle("stale", !online && Boolean(status));
  show(byId("lost"), lost
    ? [h("span", {}, "The connection to this node is lost; what you see may be old. It is tried again by itself."), h("button", { type: "button", onclick: connect }, "Try now")]
    : "");
}

function search(event) {
  event.preventDefault();
  const query = byId("query").value;
  if (!query.trim()) return;
  byId("query").value = "";
  location.hash = lookUp(query);
}

byId("search").onsubmit = search;
byId("skip").onclick = (event) => (event.preventDefault(), main.focus());
setUpTheme(byId("theme"));
addEventListener("hashchange", () => go(true));
onChange(frame);
go(false);
connect();
keepSampling();
network.watchVerdicts();
