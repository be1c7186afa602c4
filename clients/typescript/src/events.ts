/** An event stream that outlives its connections. */

import type { components } from './api.js';
import { LemmaError } from './errors.js';
import { type Message, retrying, sleep } from './http.js';

type Event = components['schemas']['Event'];

/** Which events are heard: those that fit all that is given. Ids as the API writes them. */
export interface EventFilter {
  workload?: string;
  /** Of workloads that this account asked for. */
  account?: string;
  /** Of attempts of this prover, and of what it did. */
  prover?: string;
}

/** An event, and the id to go on after: that of the last event of the chain, empty before the first. */
export interface Heard {
  event: Event;
  id: string;
}

const PAUSE_MS = 200;

/**
 * What is heard over any number of connections, each opened to go on after an id. Where not all that was missed is known, the next
 * event is named `gap`. Ends when `signal` says so, or by an error when a connection
 * cannot be made any more.
 */
export async function* resuming(
  open: (after: string) => Promise<AsyncGenerator<Message>>, after = '', signal: AbortSignal | null = null, pause = sleep,
): AsyncGenerator<Heard> {
  try {
    yield* unending(open, after, signal, pause);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

async function* unending(
  open: (after: string) => Promise<AsyncGenerator<Message>>, after: string, signal: AbortSignal | null, pause: typeof sleep,
): AsyncGenerator<Heard> {
  const opened = async () => {
    signal?.throwIfAborted();
    return open(after);
  };
  for (let first = true; ; first = false) {
    const messages = await retrying(opened, pause);
    // Who has heard of no place of the chain cannot say where to go on.
    if (!first && after === '') yield { event: { event: 'gap' }, id: after };
    try {
      for await (const { data, id } of messages) {
        const event = data as Event;
        after = id || after;
        // That a listener was too slow is nothing to tell: the node ends the stream, and it is gone on with.
        if (event.event !== 'lagged') yield { event, id: after };
      }
    } catch (error) {
      if (!(error instanceof LemmaError && error.passing)) throw error;
    }
    await pause(PAUSE_MS);
  }
}
