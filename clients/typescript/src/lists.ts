/** What can be listed, page by page, and which of it. */

import type { paths } from './api.js';

/** The paths of lists, by what they list. */
interface Lists {
  accounts: '/v1/accounts';
  blocks: '/v1/blocks';
  movements: '/v1/accounts/{id}/movements';
  programs: '/v1/programs';
  provers: '/v1/provers';
  transactions: '/v1/transactions';
  workloads: '/v1/workloads';
}

type Asked<P extends Lists[keyof Lists]> = NonNullable<paths[P]['get']['parameters']['query']>;

/** Which items are listed: those that fit all that is given. */
export type Filter<L extends keyof Lists> = Omit<Asked<Lists[L]>, 'limit' | 'cursor'>;

/** The most that a node gives in one page. */
export const PAGE_MAX = 100;

/** A page of a list. */
export interface Page {
  next?: string | null;
}

/** Everything listed, newest first, page by page as it is wanted. What comes in meanwhile moves nothing: each item is told once. */
export async function* items<P extends Page, T>(ask: (cursor: string | undefined) => Promise<P>, of: (page: P) => T[]): AsyncGenerator<T> {
  for (let cursor: string | undefined; ; ) {
    const page = await ask(cursor);
    const found = of(page);
    yield* found;
    // A node that gives nothing, or names the same page as its next, would be asked for ever.
    if (page.next == null || page.next === cursor || found.length === 0) return;
    cursor = page.next;
  }
}
