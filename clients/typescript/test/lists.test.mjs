// Lists over their pages, and event streams over broken connections, against a server that answers as a node would.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, test } from 'node:test';
import { Client } from '../dist/index.js';

let server;
const asked = [];

/** A client of a server that answers so; what it was asked is in `asked`. */
async function client(answer) {
  asked.length = 0;
  server = createServer((request, response) => {
    const url = new URL(request.url, 'http://node');
    asked.push({ path: url.pathname, query: Object.fromEntries(url.searchParams), after: request.headers['last-event-id'] ?? '' });
    answer(url, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new Client(`http://127.0.0.1:${server.address().port}`, '');
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const json = (response, body, status = 200) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** Everything that comes. */
async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

test('every list is read to its end', async () => {
  const node = await client(({ pathname, searchParams }, response) => {
    const name = pathname.split('/').at(-1);
    const first = Number(searchParams.get('cursor') ?? 0);
    json(response, { [name]: [first, first + 1], next: first < 4 ? String(first + 2) : null });
  });
  const account = new Uint8Array(32).fill(7);
  const lists = {
    '/v1/workloads': node.workloads({ state: 'queued', from: 3 }), '/v1/programs': node.programs(), '/v1/accounts': node.accounts(),
    '/v1/transactions': node.transactions({ kind: 'run' }), '/v1/blocks': node.blocks(),
    [`/v1/accounts/${'07'.repeat(32)}/movements`]: node.movements(account, { cause: 'refund' }),
  };
  for (const [path, list] of Object.entries(lists)) {
    assert.deepEqual(await all(list), [0, 1, 2, 3, 4, 5], path);
    assert.deepEqual(asked.map((it) => [it.path, it.query.cursor]), [[path, undefined], [path, '2'], [path, '4']]);
    asked.length = 0;
  }
  await all(node.workloads({ state: 'queued', from: 3 }));
  assert.deepEqual(asked[1].query, { state: 'queued', from: '3', limit: '100', cursor: '2' });
});

test('only the pages that are wanted are asked for, and no page for ever', async () => {
  const node = await client((_, response) => json(response, { blocks: [1], next: 'same' }));
  for await (const block of node.blocks()) {
    assert.equal(block, 1);
    break;
  }
  assert.equal(asked.length, 1);
  assert.deepEqual(await all(node.blocks()), [1, 1]);
});

const told = (event, id) => `event: ${event}\ndata: ${JSON.stringify({ event })}\n${id ? `id: ${id}\n` : ''}\n`;

/** A client of a node whose streams are these, one after the other, and which then refuses. */
const streaming = (streams) => client((_, response) => {
  const stream = streams.shift();
  if (stream === undefined) return json(response, { code: 'bad-request', detail: 'no more', hint: '' }, 400);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(stream, () => response.destroy());
});

/** What is heard until the node refuses to go on. */
async function heard(events) {
  const found = [];
  const end = (async () => {
    for await (const { event, id } of events) found.push([event.event, id]);
  })();
  await assert.rejects(end, { code: 'bad-request' });
  return found;
}

test('a stream that breaks goes on after the last event of the chain', async () => {
  const streams = [told('block', '3-1') + told('pending'), told('gap') + told('block', '9-0') + told('lagged'), told('block', '10-0')];
  const node = await streaming(streams);
  const events = await heard(node.events({ prover: '07' }, '2-5'));
  assert.deepEqual(events, [['block', '3-1'], ['pending', '3-1'], ['gap', '3-1'], ['block', '9-0'], ['block', '10-0']]);
  assert.deepEqual(asked.map((it) => it.after), ['2-5', '3-1', '9-0', '10-0']);
  assert.ok(asked.every((it) => it.query.prover === '07'));
});

test('who has heard of no place is told of the gap', async () => {
  const node = await streaming([told('pending'), told('block', '4-0')]);
  assert.deepEqual(await heard(node.events()), [['pending', ''], ['gap', ''], ['block', '4-0']]);
});

test('a listener may stop', async () => {
  const stop = new AbortController();
  const node = await client((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(told('block', '1-0')));
  const events = node.events({}, '', stop.signal);
  assert.equal((await events.next()).value.id, '1-0');
  stop.abort();
  assert.equal((await events.next()).done, true);
});
