/** What can go wrong, with a stable code and what to do next. */

/** A request that did not give what was asked for. */
export class LemmaError extends Error {
  /** `code` is stable and for machines, `hint` says what to do next. */
  constructor(readonly code: string, message: string, readonly hint: string, readonly status?: number) {
    super(message);
  }

  /** Whether it is worth asking again: the node could not be reached, or had no time. */
  get passing(): boolean {
    return this.code === 'unreachable' || [429, 502, 503, 504].includes(this.status ?? 0);
  }
}

/** The node could not be reached, or stopped answering. */
export function unreachable(node: string, cause: unknown): LemmaError {
  const why = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
  const hint = 'check that the node runs and that the address is that of its API';
  return new LemmaError('unreachable', `the node at ${node} cannot be reached: ${why}`, hint);
}

/** An answer that is not what the API promises. */
export function badAnswer(why: string): LemmaError {
  const hint = 'check that the address is that of a node of this version';
  return new LemmaError('bad-answer', `the node's answer makes no sense: ${why}`, hint);
}

/** A problem object of RFC 9457 as the API makes them. */
export function problem(answer: unknown, status: number): LemmaError {
  const { code, detail, hint } = (answer ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string') {
    return new LemmaError('bad-answer', `the node answered ${status} without saying why`, "see the node's log", status);
  }
  return new LemmaError(code, String(detail), String(hint), status);
}
