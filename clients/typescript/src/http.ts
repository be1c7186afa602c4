/** Requests to one node: bounded answers, careful retries, and its stream of events. */

import { LemmaError, badAnswer, problem, unreachable } from './errors.js';
import { RECEIPT_MAX } from './limits.js';

const TRIES = 5;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
const TIMEOUT_MS = 60_000;
const EVENT_MAX = 1024 * 1024;

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Tries until it succeeds, fails for good, or was tried often enough. Only for what may safely happen twice. */
export async function retrying<T>(attempt: () => Promise<T>, pause = sleep): Promise<T> {
  for (let tried = 1; tried < TRIES; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof LemmaError && error.passing)) throw error;
    }
    await pause(Math.min(FIRST_PAUSE_MS * 2 ** tried, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
  }
  return attempt();
}

/**
 * `fetch` for the API of a node: retries what passes, bounds the answer, and makes problems errors. Every request of the API may
 * safely be sent twice: what changes something is named by a hash.
 */
export function careful(node: string, fetcher: typeof fetch = fetch): (request: Request) => Promise<Response> {
  return (request) => retrying(async () => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetcher(new Request(request.clone(), { signal }));
      const body = await bounded(response);
      if (!response.ok) throw problem(json(body), response.status);
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      throw error instanceof LemmaError ? error : unreachable(node, error);
    }
  });
}

function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}

async function bounded(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const read: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces(response)) {
    length += piece.length;
    if (length > RECEIPT_MAX) throw badAnswer(`it is longer than ${RECEIPT_MAX} bytes`);
    read.push(piece);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of read) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The body as it comes: not every browser iterates over streams by itself. */
async function* pieces(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

/** An event of a stream: its data, and its id; empty if it has none of its own. */
export interface Message {
  data: unknown;
  id: string;
}

/** Reads each event of a stream; its data is JSON on one line. */
export async function* readEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  let [rest, data, id] = ['', '', ''];
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r?\n/);
    rest = lines.pop() as string;
    if (rest.length > EVENT_MAX) throw badAnswer(`an event is longer than ${EVENT_MAX} characters`);
    for (const line of lines) {
      if (line.startsWith('data:')) data = line.slice(5);
      if (line.startsWith('id:')) id = line.slice(3).trim();
      if (line !== '') continue;
      if (data) yield { data: parsed(data), id };
      [data, id] = ['', ''];
    }
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw badAnswer(`an event: ${String(error)}`);
  }
}

/**
 * What happens, of what the query names, after the event with an id; until `signal` says that nobody listens any more. The stream
 * has begun when this returns.
 */
export async function openEvents(
  node: string, query: Record<string, string>, signal: AbortSignal | null, after = '', fetcher: typeof fetch = fetch,
): Promise<AsyncGenerator<Message>> {
  try {
    const headers: Record<string, string> = after ? { 'last-event-id': after } : {};
    const response = await fetcher(`${node}/v1/events?${new URLSearchParams(query)}`, { signal, headers });
    if (!response.ok || !response.body) throw problem(json(await bounded(response)), response.status);
    return passing(node, readEvents(pieces(response)));
  } catch (error) {
    throw error instanceof LemmaError ? error : unreachable(node, error);
  }
}

/** A connection that breaks is a node that cannot be reached. */
async function* passing<T>(node: string, messages: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw error instanceof LemmaError ? error : unreachable(node, error);
  }
}
