/** A client of a network: sign here, submit, follow to the end, check the receipt here. */

import { blake3 } from '@noble/hashes/blake3.js';
import createClient from 'openapi-fetch';
import { units } from './amount.js';
import type { components, paths } from './api.js';
import { equal, fromHex, toHex } from './bytes.js';
import { LemmaError, badAnswer, problem } from './errors.js';
import { type EventFilter, type Heard, resuming } from './events.js';
import { careful, openEvents, sleep } from './http.js';
import type { SecretKey } from './keys.js';
import { INPUT_INLINE_MAX } from './limits.js';
import { type Filter, PAGE_MAX, items } from './lists.js';
import { type Checked, ReceiptError, checkReceipt } from './receipt.js';
import { type Call, type Draft, type Input, type Resources, type Run, type Signed, sign, transactionFee } from './transaction.js';

/** The objects of the API, by name. */
export type Api = components['schemas'];

/** How many blocks a transaction has to get into one. */
const VALID_BLOCKS = 1000;
const LOOK_MS = 150;
/** How long to wait for an event before asking anyway. */
const PATIENCE_MS = 2000;
const RECEIPT_TRIES = 40;
const END_STATES = ['verified', 'failed', 'cancelled', 'expired'];
const BYTES = { headers: { 'content-type': 'application/octet-stream' }, bodySerializer: (body: unknown) => body as BodyInit };

/** Is told each step of a workload once. */
export type Watch = (step: Api['Step']) => void;

/** A run that has ended, with its receipt as it is to be kept, and what the receipt shows. */
export interface Finished {
  workload: Api['Workload'];
  receipt: Uint8Array;
  checked: Checked;
  /** Null where there is none, or where the receipt was made without it. */
  proof: Uint8Array | null;
  publicValues: Uint8Array | null;
}

/** A node of a network whose group key you know from a source that you trust. */
export class Client {
  readonly #node: string;
  readonly #api;

  constructor(node: string, readonly groupKey: string) {
    this.#node = node.replace(/\/+$/, '');
    this.#api = createClient<paths>({ baseUrl: this.#node, fetch: careful(this.#node) });
  }

  /** The chain and the node. */
  async status(): Promise<Api['Status']> {
    return there(await this.#api.GET('/v1/status'));
  }

  /** What an account holds. */
  async account(account: Uint8Array): Promise<Api['Account']> {
    return there(await this.#api.GET('/v1/accounts/{id}', at(account)));
  }

  /** The parameters in force. */
  async params(): Promise<Api['Params']> {
    return there(await this.#api.GET('/v1/params'));
  }

  /** A workload, with what happened to it and what it waits for. */
  async workload(workload: Uint8Array): Promise<Api['Workload']> {
    return there(await this.#api.GET('/v1/workloads/{id}', at(workload)));
  }

  /** Where a transaction is. */
  async transaction(transaction: Uint8Array): Promise<Api['TransactionStatus']> {
    return there(await this.#api.GET('/v1/transactions/{id}', at(transaction)));
  }

  /** All workloads that fit, newest first; those that wait in the node's mempool before all others. */
  workloads(filter: Filter<'workloads'> = {}): AsyncGenerator<Api['WorkloadSummary']> {
    const ask = async (query: object) => there(await this.#api.GET('/v1/workloads', { params: { query } }));
    return items((cursor) => ask({ ...filter, ...page(cursor) }), (it) => it.workloads);
  }

  /** All programs that fit, the last deployed first. */
  programs(filter: Filter<'programs'> = {}): AsyncGenerator<Api['Program']> {
    const ask = async (query: object) => there(await this.#api.GET('/v1/programs', { params: { query } }));
    return items((cursor) => ask({ ...filter, ...page(cursor) }), (it) => it.programs);
  }

  /** All provers that fit, by account. */
  provers(filter: Filter<'provers'> = {}): AsyncGenerator<Api['Prover']> {
    const ask = async (query: object) => there(await this.#api.GET('/v1/provers', { params: { query } }));
    return items((cursor) => ask({ ...filter, ...page(cursor) }), (it) => it.provers);
  }

  /** All accounts that fit, the last that were first heard of first. */
  accounts(filter: Filter<'accounts'> = {}): AsyncGenerator<Api['Account']> {
    const ask = async (query: object) => there(await this.#api.GET('/v1/accounts', { params: { query } }));
    return items((cursor) => ask({ ...filter, ...page(cursor) }), (it) => it.accounts);
  }

  /** All transactions in blocks that fit, newest first. */
  transactions(filter: Filter<'transactions'> = {}): AsyncGenerator<Api['TransactionSummary']> {
    const ask = async (query: object) => there(await this.#api.GET('/v1/transactions', { params: { query } }));
    return items((cursor) => ask({ ...filter, ...page(cursor) }), (it) => it.transactions);
  }

  /** All blocks that fit, newest first. */
  blocks(filter: Filter<'blocks'> = {}): AsyncGenerator<Api['BlockSummary']> {
    const ask = async (query: object) => there(await this.#api.GET('/v1/blocks', { params: { query } }));
    return items((cursor) => ask({ ...filter, ...page(cursor) }), (it) => it.blocks);
  }

  /** All movements of an account's money that fit, newest first. */
  movements(account: Uint8Array, filter: Filter<'movements'> = {}): AsyncGenerator<Api['Movement']> {
    const params = (query: object) => ({ params: { ...at(account).params, query } });
    const ask = async (query: object) => there(await this.#api.GET('/v1/accounts/{id}/movements', params(query)));
    return items((cursor) => ask({ ...filter, ...page(cursor) }), (it) => it.movements);
  }

  /**
   * What happens, from now on or after the event with the id `after`, which may come from another node. Connections that break are made
   * again; an event named `gap` says that not all that was missed is known. Abort `signal` to stop listening.
   */
  events(filter: EventFilter = {}, after = '', signal: AbortSignal | null = null): AsyncGenerator<Heard> {
    return resuming((heard) => openEvents(this.#node, { ...filter }, signal, heard), after, signal);
  }

  /** What a run would cost, and where the money goes at each end. */
  async quote(request: Api['QuoteRequest']): Promise<Api['Quote']> {
    return there(await this.#api.POST('/v1/quote', { body: request }));
  }

  /** Stores bytes at the node, under their hash. */
  async put(content: Uint8Array): Promise<{ blob: Uint8Array; size: bigint }> {
    const blob = blake3(content);
    const stored = there(await this.#api.PUT('/v1/blobs/{id}', { ...at(blob), ...BYTES, body: content as never }));
    if (stored.blob !== toHex(blob)) throw badAnswer('the blob was stored under another name');
    return { blob, size: BigInt(content.length) };
  }

  /** The bytes of a blob, checked against its name. */
  async blob(blob: Uint8Array): Promise<Uint8Array> {
    const content = there(await this.#api.GET('/v1/blobs/{id}', { ...at(blob), parseAs: 'arrayBuffer' }));
    const bytes = new Uint8Array(content as unknown as ArrayBuffer);
    if (!equal(blake3(bytes), blob)) throw badAnswer(`the node sent other bytes than those of blob ${toHex(blob)}`);
    return bytes;
  }

  /** An input of a run: inline up to 4 KiB, else uploaded. */
  async input(role: Input['role'], content: Uint8Array): Promise<Input> {
    return content.length <= INPUT_INLINE_MAX ? { role, inline: content } : { role, ...(await this.put(content)) };
  }

  /** A transaction with everything filled in but the signature. */
  async draft(secret: SecretKey, call: Call): Promise<Draft> {
    const [status, account, { params }] = await Promise.all([this.status(), this.account(secret.account), this.params()]);
    const value = (name: string) => {
      const found = params.find((param) => param.name === name);
      if (!found) throw badAnswer(`there is no parameter ${name}`);
      return String(found.value);
    };
    const valid = Math.min(VALID_BLOCKS, Number(value('validity_max')));
    const head = { chain: fromHex(status.chain, 32), nonce: BigInt(account.nonce), validUntil: BigInt(status.height + valid) };
    const draft = { ...head, feeLimit: 0n, call };
    return { ...draft, feeLimit: transactionFee(draft, units(value('transaction_fee')), units(value('transaction_fee_byte'))) };
  }

  /** Sends a signed transaction and returns its name. Sending the same one again is harmless: it counts once. */
  async submit(signed: Signed): Promise<Uint8Array> {
    const sent = this.#api.POST('/v1/transactions', { ...BYTES, body: signed.bytes as never }).then(there);
    const answer = await sent.catch(async (error: unknown) => {
      // It may have arrived although an earlier answer did not.
      const { state } = await this.transaction(signed.id);
      if (state !== 'pending' && state !== 'included') throw error;
      return { transaction: toHex(signed.id) };
    });
    if (answer.transaction !== toHex(signed.id)) throw badAnswer('the transaction has another name there');
    return signed.id;
  }

  /** Signs and sends a call; resolves once it is in a final block. */
  async send(secret: SecretKey, call: Call): Promise<Uint8Array> {
    const id = await this.submit(sign(await this.draft(secret, call), secret));
    for (;;) {
      const { state, refusal } = await this.transaction(id);
      if (state === 'included') return id;
      if (state === 'dropped') throw problem(refusal, 409);
      await sleep(LOOK_MS);
    }
  }

  /**
   * Asks for one execution, follows it to its end and checks the receipt. Pays at most what a quote says, unless told.
   *
   * To go on after a crash, keep what `sign` made of a `draft`, `submit` it again, then `finish` under its name.
   */
  async run(secret: SecretKey, run: Omit<Run, 'feeMax'> & { feeMax?: bigint }, watch?: Watch): Promise<Finished> {
    const feeMax = run.feeMax ?? (await this.#cost(run));
    const signed = sign(await this.draft(secret, { run: { ...run, feeMax } }), secret);
    return this.finish(await this.submit(signed), watch);
  }

  /** Follows a workload to its end, fetches the receipt and checks it. */
  async finish(workload: Uint8Array, watch?: Watch): Promise<Finished> {
    const record = await this.follow(workload, watch);
    const receipt = await this.#receipt(workload);
    const checked = checkReceipt(receipt, this.groupKey);
    if (checked.workload !== toHex(workload)) {
      throw new ReceiptError(`the node sent the receipt of ${checked.workload} instead of ${toHex(workload)}`);
    }
    const part = (text: string | null | undefined) => (text == null ? null : fromHex(text));
    return {
      workload: record, receipt, checked, proof: part(checked.proof?.bytes), publicValues: part(checked.proof?.public_values),
    };
  }

  /**
   * Follows a workload until it has ended; each step of its record is told once. Events only say when to look, so that nothing is
   * missed when the stream breaks.
   */
  async follow(workload: Uint8Array, watch: Watch = () => {}): Promise<Api['Workload']> {
    const seen = { steps: 0 };
    for (;;) {
      const listening = new AbortController();
      try {
        const events = await openEvents(this.#node, { workload: toHex(workload) }, listening.signal);
        const ended = await this.#listen(workload, events, seen, watch);
        if (ended) return ended;
      } catch (error) {
        if (!(error instanceof LemmaError && error.passing)) throw error;
      } finally {
        listening.abort();
      }
      await this.status(); // retries, and says so if the node is gone
      await sleep(LOOK_MS);
    }
  }

  /** Looks at every event until the workload has ended; null if the stream is over before. */
  async #listen(
    workload: Uint8Array, events: AsyncGenerator<unknown>, seen: { steps: number }, watch: Watch,
  ): Promise<Api['Workload'] | null> {
    const over = (result: IteratorResult<unknown>) => result.done === true;
    const heard = () => events.next().then(over, () => true);
    let next = heard();
    for (;;) {
      const record = await this.#look(workload);
      for (const step of record?.timeline.slice(seen.steps) ?? []) {
        seen.steps += 1;
        watch(step);
      }
      if (record && END_STATES.includes(record.state)) return record;
      const result = await Promise.race([next, sleep(PATIENCE_MS).then(() => null)]);
      if (result === true) return null;
      if (result === false) next = heard();
    }
  }

  /** The workload; null if the node has not heard of it yet. A run that was dropped never becomes one. */
  async #look(workload: Uint8Array): Promise<Api['Workload'] | null> {
    try {
      return await this.workload(workload);
    } catch (absent) {
      if (!(absent instanceof LemmaError && absent.status === 404)) throw absent;
      const { state, refusal } = await this.transaction(workload);
      if (state === 'dropped') throw problem(refusal, 409);
      if (state === 'unknown') throw absent;
      return null;
    }
  }

  /** The receipt, as soon as the node can make it: its block may still wait for a certificate. */
  async #receipt(workload: Uint8Array): Promise<Uint8Array> {
    for (let tried = 1; ; tried += 1) {
      try {
        const asked = { ...at(workload), parseAs: 'arrayBuffer' as const };
        const receipt = there(await this.#api.GET('/v1/workloads/{id}/receipt', asked));
        return new Uint8Array(receipt as unknown as ArrayBuffer);
      } catch (error) {
        if (!(error instanceof LemmaError && error.code === 'not-ended-yet') || tried === RECEIPT_TRIES) throw error;
        await sleep(LOOK_MS);
      }
    }
  }

  async #cost(run: Omit<Run, 'feeMax'>): Promise<bigint> {
    const moved = run.inputs.reduce((sum, input) => ('size' in input ? sum + input.size : sum), 0n);
    const quote = await this.quote({
      program: toHex(run.program), resources: asked(run.resources), compute_max_ms: Number(run.computeMaxMs),
      blob_bytes: Number(moved),
    });
    return units(quote.fee.total);
  }
}

function at(id: Uint8Array): { params: { path: { id: string } } } {
  return { params: { path: { id: toHex(id) } } };
}

function page(cursor: string | undefined): { limit: number; cursor?: string } {
  return cursor === undefined ? { limit: PAGE_MAX } : { limit: PAGE_MAX, cursor };
}

function asked({ cpus, memoryMib, diskMib = 0, gpus = 0, gpuClass = 0 }: Resources): Api['Resources'] {
  return { cpus, memory_mib: memoryMib, disk_mib: diskMib, gpus, gpu_class: gpuClass, runtimes: [] };
}

/** The answer; problems were errors before. */
function there<T>(answer: { data?: T }): T {
  if (answer.data === undefined) throw badAnswer('it is empty');
  return answer.data;
}
