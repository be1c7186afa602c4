// The node's API: requests that are safe to repeat are repeated, and problems are told as the node tells them.

const AGAIN_MAX = 3;
const TIMEOUT_MS = 20_000;

/** What went wrong, in the words of the API's problem objects. */
export class Problem extends Error {
  constructor({ title, detail, hint, code, status }) {
    super(title);
    Object.assign(this, { title, detail, hint, code, status });
  }
}

const pause = (ms, signal) =>
  new Promise((done, failed) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), failed(signal.reason)), { once: true });
  });

/** How long to wait before trying again: longer each time, and not in step with others. */
export const backoff = (attempt, most = 30_000) => Math.min(most, 1000 * 2 ** attempt) * (0.75 + Math.random() / 2);

const passing = (problem) => problem.code === "unreachable" || [429, 503].includes(problem.status);

/** Fetches a path; answers with the response, or throws a Problem. */
export async function ask(path, { signal, again = AGAIN_MAX } = {}) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await once(path, signal);
    } catch (problem) {
      if (signal?.aborted || !passing(problem) || attempt >= again) throw problem;
      await pause(backoff(attempt, 4000), signal);
    }
  }
}

async function once(path, signal) {
  const limits = [signal, AbortSignal.timeout(TIMEOUT_MS)].filter(Boolean);
  let response;
  try {
    response = await fetch(path, { signal: AbortSignal.any(limits), credentials: "omit" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem({ code: "unreachable", title: "this node cannot be reached", detail: path, hint: "it is tried again; check that the node runs" });
  }
  if (response.ok) return response;
  throw new Problem(await described(response));
}

async function described(response) {
  const status = response.status;
  try {
    const { title, detail, hint, code } = await response.json();
    return { title, detail, hint, code, status };
  } catch {
    return { title: `the node answered with status ${status}`, detail: "", hint: "see the node's log", code: "status", status };
  }
}

/** Fetches JSON. */
export async function get(path, options) {
  return (await ask(`/v1${path}`, options)).json();
}

/** The items of all pages of a list, or of as many as hold `most` of them; the first page's other fields beside them. */
export async function all(path, name, most, options) {
  const first = await get(`${path}?limit=100`, options);
  const items = first[name];
  for (let { next } = first; next && items.length < most; ) {
    const page = await get(`${path}?limit=100&cursor=${encodeURIComponent(next)}`, options);
    items.push(...page[name]);
    next = page[name].length ? page.next : null;
  }
  return first;
}

/** The beginning of a text, and whether that is all of it. */
export async function beginning(path, most, options) {
  const reader = (await ask(`/v1${path}`, options)).body.getReader();
  const decoder = new TextDecoder();
  let [text, length] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), all: true };
    const room = most - length;
    text += decoder.decode(value.subarray(0, room), { stream: true });
    length += value.length;
    if (length > most) {
      await reader.cancel();
      return { text, all: false };
    }
  }
}

/** All of a file, unless it is larger than allowed. */
export async function whole(path, most, options) {
  const response = await ask(`/v1${path}`, options);
  const length = Number(response.headers.get("content-length"));
  if (length > most) throw new Problem({ code: "large", title: "the file is too large for this page", detail: `${length} bytes`, hint: "download it" });
  return new Uint8Array(await response.arrayBuffer());
}
