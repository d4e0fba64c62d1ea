import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type AbsolutePath,
  type JobKey,
  type RunId,
  type StepKey,
  type StepTask,
  WaterflowFailure,
} from '../../schemas/index.ts';
import { sendLogsTo } from './send.ts';
import { createShipper, type ShipperParts } from './shipper.ts';
import { openSpool, type Spool } from './spool.ts';
import { createShippedLog } from './step-log.ts';

const run = 'run-00000000000000000000000001' as RunId;
const other = 'run-00000000000000000000000002' as RunId;

function spoolFile(): AbsolutePath {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'spool.sqlite') as AbsolutePath; // mkdtemp makes a folder in an absolute one.
}

function spoolIn(file: AbsolutePath, mostBytes = 1024 * 1024): Spool {
  const spool = openSpool(file, { mostBytes });
  onTestFinished(() => spool[Symbol.dispose]());
  return spool;
}

/** A server that answers as it is told, and remembers what it was sent. */
async function server(status: () => number): Promise<{ readonly url: string; readonly taken: string[] }> {
  const taken: string[] = [];
  const listening: Server = createServer((request, response) => {
    const answering = async (): Promise<void> => {
      const body = await text(request);
      const answer = request.headers.authorization === 'Bearer a-key' ? status() : 401;
      if (answer === 200) taken.push(...body.trimEnd().split('\n'));
      response.writeHead(answer).end('{"detail":"as it was told"}');
    };
    void answering();
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => void listening.close());
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, taken };
}

function ship(spool: Spool, url: string, more: Partial<ShipperParts> = {}) {
  const states: boolean[] = [];
  const refused: string[] = [];
  const shipper = createShipper({
    spool,
    send: sendLogsTo({ url, key: 'a-key' }),
    waitMs: 300,
    onState: ({ reached }) => void states.push(reached),
    onRefused: (_, reason) => void refused.push(reason),
    ...more,
  });
  onTestFinished(() => shipper[Symbol.asyncDispose]());
  return { shipper, states, refused };
}

describe('the spool of an agent', () => {
  it('keeps what it has, in order, for the process that comes after', () => {
    const file = spoolFile();
    const first = openSpool(file, { mostBytes: 1000 });
    first.add(run, 'one');
    first.add(other, 'two');
    first.add(run, 'three');
    first[Symbol.dispose]();
    const spool = spoolIn(file);
    expect(spool.size).toBe(11);
    expect(spool.next()).toEqual({ run, lines: ['one', 'three'], id: 3 });
    spool.forget(run, 3);
    expect(spool.next()).toEqual({ run: other, lines: ['two'], id: 2 });
    spool.forget(other, 2);
    expect({ next: spool.next(), first: spool.first, size: spool.size }).toEqual({ size: 0 });
  });

  it('takes nothing beyond its room', () => {
    const spool = spoolIn(spoolFile(), 10);
    expect(spool.add(run, 'ten bytes!')).toBe(1);
    expect(spool.add(run, 'x')).toBeUndefined();
    spool.forget(run, 1);
    expect(spool.add(run, 'x')).toBe(2);
  });

  it('gives batches that a request has room for', () => {
    const spool = spoolIn(spoolFile());
    for (let count = 0; count < 3; count += 1) spool.add(run, 'x'.repeat(300_000));
    expect(spool.next()?.lines.length).toBe(1);
  });
});

describe('what ships to a server', () => {
  it('sends in order, and forgets what the server has', async () => {
    const { url, taken } = await server(() => 200);
    const spool = spoolIn(spoolFile());
    const { shipper } = ship(spool, url);
    let last = 0;
    for (const line of ['1', '2', '3']) last = spool.add(run, line) ?? 0;
    shipper.wake();
    expect(await shipper.settled(last)).toBe('taken');
    expect(taken).toEqual(['1', '2', '3']);
    expect(spool.size).toBe(0);
  });

  it('lets nobody wait for long for a server that does not answer, and sends it all once it does', async () => {
    let status = 503;
    const { url, taken } = await server(() => status);
    const spool = spoolIn(spoolFile());
    const { shipper, states } = ship(spool, url);
    const last = spool.add(run, 'kept') ?? 0;
    shipper.wake();
    expect(await shipper.settled(last)).toBe('unreached');
    status = 200;
    await expect.poll(() => taken, { timeout: 50_000 }).toEqual(['kept']);
    // The server has it before the agent knows.
    await expect.poll(() => [states[0], states.at(-1)], { timeout: 50_000 }).toEqual([false, true]);
  });

  it('does not send again what the server refuses for good', async () => {
    const { url } = await server(() => 404);
    const spool = spoolIn(spoolFile());
    const { shipper, refused } = ship(spool, url);
    const last = spool.add(run, 'of a run that was removed') ?? 0;
    shipper.wake();
    expect(await shipper.settled(last)).toBe('taken');
    expect(refused).toEqual(['404 as it was told']);
  });
});

describe('a shipper whose disk is full', () => {
  it('sends on once it can note again what the server has', async () => {
    const { url, taken } = await server(() => 200);
    const spool = spoolIn(spoolFile());
    let failures = 2;
    const full: Spool = {
      ...spool,
      get first() {
        return spool.first;
      },
      get size() {
        return spool.size;
      },
      forget(of, id) {
        failures -= 1;
        if (failures >= 0) throw new WaterflowFailure({ code: 'STORAGE_FULL', message: 'full', remedy: 'Make room.' });
        spool.forget(of, id);
      },
    };
    const { shipper, states } = ship(full, url);
    spool.add(run, 'one');
    shipper.wake();
    await expect.poll(() => spool.first, { timeout: 5000 }).toBeUndefined();
    expect(taken).toEqual(['one', 'one', 'one']);
    expect(states).toEqual([false, false, true]);
  });
});

describe("a step's log on its way", () => {
  const task = { run, job: 'a' as JobKey, step: '0' as StepKey, job_attempt: 1, attempt: 2 } as StepTask; // All that it reads.

  it('numbers its parts, joins what comes at once, and tells of what was dropped', () => {
    const lines: string[] = [];
    let hasRoom = true;
    const add = (line: string): 'kept' | 'no room on the disk' => {
      if (!hasRoom) return 'no room on the disk';
      lines.push(line);
      return 'kept';
    };
    const log = createShippedLog(task, { add, now: () => 0 });
    log.write('stdout', 'a');
    log.write('stdout', 'b\n');
    log.write('stderr', 'c\n');
    log.flush();
    hasRoom = false;
    log.write('log', 'lost\n');
    log.flush();
    hasRoom = true;
    log.write('log', 'd\n');
    log.flush();
    hasRoom = false;
    log.write('log', 'at the end\n');
    log.flush();
    hasRoom = true;
    log.flush();
    const parts = lines.map((line) => JSON.parse(line) as { sequence: number; stream: string; text: string });
    expect(parts.map(({ sequence, stream, text }) => [sequence, stream, text])).toEqual([
      [1, 'stdout', 'ab\n'],
      [2, 'stderr', 'c\n'],
      [3, 'log', expect.stringContaining('5 characters of the log are missing')],
      [4, 'log', 'd\n'],
      [5, 'log', expect.stringContaining("11 characters of the log are missing here: the agent's disk was full")],
    ]);
    expect(log.tail()).toBe('ab\nc\nlost\nd\nat the end\n');
  });
});
