// The check of a receipt, in this browser: the `receipt` crate as a WebAssembly module, in a worker of its own.

/** The longest file that is read: a receipt with the largest proof. */
export const FILE_MAX = 68 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/** A receipt that does not hold. */
export class Refused extends Error {}

/** Where browsers know of it, a script is only started from this one address. */
const rules = { createScriptURL: () => new URL("receipt-worker.js", import.meta.url).href };
const script = globalThis.trustedTypes ? globalThis.trustedTypes.createPolicy("receipt", rules) : rules;

/** Checks the bytes of a receipt under a group key of 192 hexadecimal digits. Answers with a report, or throws Refused. */
export function verify(bytes, groupKey) {
  const key = groupKey.trim().toLowerCase();
  if (!/^[0-9a-f]{192}$/.test(key)) return Promise.reject(new Refused("a group key has 192 hexadecimal digits"));
  if (bytes.length > FILE_MAX) return Promise.reject(new Refused("the file is longer than a receipt can be"));
  return answered({ bytes, key });
}

function answered(question) {
  const worker = new Worker(script.createScriptURL(""), { type: "module" });
  const answer = new Promise((done, failed) => {
    setTimeout(() => failed(new Error("the check took too long")), TIMEOUT_MS);
    worker.onerror = (error) => failed(new Error(`the check could not run here: ${error.message ?? "the module did not load"}`));
    worker.onmessage = ({ data }) => {
      if (data.checked) done(data.checked);
      else failed(data.refused ? new Refused(data.refused) : new Error(data.broken ?? "the check gave no answer"));
    };
    worker.postMessage(question);
  });
  return answer.finally(() => worker.terminate());
}
