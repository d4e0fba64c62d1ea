import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { signHead } from './heads.ts';
import { loadAgentKey } from './key.ts';
import { checkpointEvery } from './log.ts';
import { verifyAudit } from './read.ts';
import { type AuditPlace, auditPlace, recordCalls, testFolder } from './testing/logs.ts';
import { sampleCall, sampleStart } from './testing/samples.ts';

const broken = expect.objectContaining({ error: expect.objectContaining({ code: 'AUDIT_BROKEN' }) });

async function record(place: AuditPlace, checkpoints: string, calls = 1): Promise<void> {
  const log = place.open({ checkpoints });
  recordCalls(log, calls);
  await log[Symbol.asyncDispose]();
}

const witnessed = (place: AuditPlace, checkpoints: string) =>
  verifyAudit(place.file, { publicKey: place.key.publicKey, checkpoints });

describe('checkpoints kept elsewhere', () => {
  it('are lines that name the run, one for each checkpoint, and agree with the log', async () => {
    const state = testFolder();
    const file = join(state, 'heads.ndjson');
    const [place, other] = [auditPlace(state), auditPlace(state, 'run-2')];
    await record(place, file, 0.6 * checkpointEvery);
    const log = other.open({ checkpoints: file });
    await log[Symbol.asyncDispose]();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).run)).toEqual(['run-1', 'run-1', 'run-2']);
    expect(await witnessed(place, file)).toMatchObject({ ok: true, witnesses: 2 });
    expect(await witnessed(other, file)).toMatchObject({ ok: true, witnesses: 1 });
  });

  it('lie in one file for each run where they are given a folder, which is never made', async () => {
    const state = testFolder();
    const place = auditPlace(state);
    const missing = join(state, 'mount/');
    expect(() => place.open({ checkpoints: missing })).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ code: 'STORAGE_FAILED', file: missing }) }),
    );
    mkdirSync(missing);
    await record(place, missing);
    expect(readFileSync(join(missing, 'run-1.ndjson'), 'utf8').split('\n')).toHaveLength(2);
    expect(await witnessed(place, missing)).toMatchObject({ ok: true, witnesses: 1 });
  });

  it('show that a log was rolled back together with its head, and nothing is added to it', async () => {
    const place = auditPlace();
    const file = join(place.state, 'heads.ndjson');
    await record(place, file);
    const [folder, old] = [dirname(place.file), join(place.state, 'old')];
    cpSync(folder, old, { recursive: true });
    await record(place, file);
    rmSync(folder, { recursive: true });
    cpSync(old, folder, { recursive: true });
    expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({ ok: true });
    expect(await witnessed(place, file)).toMatchObject({
      kind: 'broken',
      broken_at: { sequence: 8 },
      reason: expect.stringContaining('heads.ndjson:2'),
    });
    expect(() => place.open({ checkpoints: file })).toThrow(broken);
    // Without them it goes on another way, which is found all the more.
    const log = place.open();
    recordCalls(log, 9);
    await log[Symbol.asyncDispose]();
    expect(await witnessed(place, file)).toMatchObject({ kind: 'broken', broken_at: { sequence: 14 } });
  });

  it('show that all of a log was taken away', async () => {
    const place = auditPlace();
    const file = join(place.state, 'heads.ndjson');
    await record(place, file);
    rmSync(dirname(place.file), { recursive: true });
    expect(() => place.open({ checkpoints: file })).toThrow(broken);
  });

  it('show that whoever has the key signed another history', async () => {
    const place = auditPlace();
    const file = join(place.state, 'heads.ndjson');
    await record(place, file);
    rmSync(dirname(place.file), { recursive: true });
    const log = place.open();
    recordCalls(log, 1, () => ({ path: 'something harmless' }));
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({ ok: true });
    expect(await witnessed(place, file)).toMatchObject({
      kind: 'broken',
      reason: expect.stringContaining('rewritten'),
    });
  });

  it('are not believed where another key signed them, and say nothing where there are none of the run', async () => {
    const place = auditPlace();
    const file = join(place.state, 'heads.ndjson');
    await record(place, file);
    const stranger = loadAgentKey(testFolder());
    appendFileSync(file, signHead(stranger, { run: 'run-1', sequence: 3, hash: 'f'.repeat(64) }));
    expect(await witnessed(place, file)).toMatchObject({
      kind: 'broken',
      reason: expect.stringContaining('heads.ndjson:2'),
    });
    writeFileSync(file, signHead(stranger, { run: 'run-2', sequence: 3, hash: 'f'.repeat(64) }));
    expect(await witnessed(place, file)).toMatchObject({ ok: false, kind: 'unwitnessed' });
    rmSync(file);
    expect(await witnessed(place, file)).toMatchObject({ ok: false, kind: 'unwitnessed' });
  });

  it('are added on a line of their own after one that a full disk cut off', async () => {
    const place = auditPlace();
    const file = join(place.state, 'heads.ndjson');
    writeFileSync(file, '{"run":"run-1","sequ');
    await record(place, file);
    expect(await witnessed(place, file)).toMatchObject({ ok: true, witnesses: 1 });
  });

  it('stop calls where they cannot be written', async () => {
    const place = auditPlace();
    const log = place.open({ checkpoints: '/dev/full' });
    const invocation = log.started(sampleStart);
    expect(invocation).toBe(2);
    await expect(log[Symbol.asyncDispose]()).rejects.toMatchObject({
      error: { code: 'STORAGE_FULL', file: '/dev/full' },
    });
  });

  it('stop calls that go on meanwhile where they cannot be written', async () => {
    const place = auditPlace();
    const log = place.open({ checkpoints: '/dev/full', limits: { segmentBytes: 1000 } });
    recordCalls(log, 5);
    const full = expect.objectContaining({
      error: expect.objectContaining({ code: 'STORAGE_FULL', file: '/dev/full' }),
    });
    await vi.waitFor(() => expect(() => log.record(sampleCall)).toThrow(full));
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({ kind: 'unfinished' });
  });

  it('are left while calls go on, the newest in the end, and none of what is not in the log', async () => {
    const place = auditPlace();
    const file = join(place.state, 'heads.ndjson');
    const log = place.open({ checkpoints: file, limits: { segmentBytes: 1000 } });
    for (let each = 0; each < 20; each += 1) {
      recordCalls(log, 3);
      await new Promise(setImmediate);
      expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({ kind: 'unfinished' });
    }
    await log[Symbol.asyncDispose]();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(await witnessed(place, file)).toMatchObject({ ok: true, witnesses: lines.length });
  });
});

describe('the head beside a log', () => {
  it('is there from the first entry on, so that taking it away with the end of the log is found', async () => {
    const place = auditPlace();
    const log = place.open();
    expect(place.files()).toContain('audit.ndjson.head');
    await log[Symbol.asyncDispose]();
    const ended = readFileSync(place.file);
    await place.open()[Symbol.asyncDispose]();
    // As it was after it was closed for the first time.
    writeFileSync(place.file, ended);
    rmSync(`${place.file}.head`);
    const options = { publicKey: place.key.publicKey };
    expect(await verifyAudit(place.file, options)).toMatchObject({ kind: 'intact' });
    expect(await verifyAudit(place.file, { ...options, head: 'required' })).toMatchObject({ kind: 'broken' });
    expect(() => place.open()).toThrow(broken);
  });
});

describe('the age of what is unsigned', () => {
  afterEach(() => void vi.useRealTimers());

  it('is bounded while calls go on, and when they stop', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const place = auditPlace();
    const log = place.open({ limits: { checkpointMs: 5000 } });
    recordCalls(log, 2);
    vi.advanceTimersByTime(4999);
    expect(place.entries().at(-1)).toMatchObject({ kind: 'end' });
    vi.advanceTimersByTime(1);
    expect(place.entries().at(-1)).toMatchObject({ kind: 'checkpoint' });
    vi.advanceTimersByTime(60_000);
    expect(place.entries().filter(({ kind }) => kind === 'checkpoint')).toHaveLength(1);
    recordCalls(log, 1);
    vi.advanceTimersByTime(5000);
    expect(place.entries().filter(({ kind }) => kind === 'checkpoint')).toHaveLength(2);
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(place.file)).toMatchObject({ ok: true });
  });
});
