import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyAudit } from './read.ts';
import { readReserve, reserveFile } from './reserve.ts';
import { type AuditPlace, auditPlace, recordCalls } from './testing/logs.ts';
import { sampleCall, sampleStart } from './testing/samples.ts';
import { canMount, fillDisk, smallDisk } from './testing/small-disk.ts';

const full = expect.objectContaining({ error: expect.objectContaining({ code: 'STORAGE_FULL' }) });
const at = sampleStart.at;

/** Records calls until one is refused; the sequences of those that weren't. */
function callUntilRefused(log: ReturnType<AuditPlace['open']>): readonly number[] {
  const calls: number[] = [];
  const record = (): void => void calls.push(log.record(sampleCall));
  expect(() => {
    for (;;) record();
  }).toThrow(full);
  return calls;
}

describe.runIf(canMount())('a disk that is full', () => {
  it('stops calls, not the outcomes of those that are being carried out, whatever else is writing to it', async () => {
    using mounted = smallDisk('2m');
    const place = auditPlace(mounted.folder);
    const log = place.open();
    const invocation = log.started(sampleStart);
    const calls = [log.record(sampleCall), log.record(sampleCall), log.record(sampleCall)];
    // A program of a step that takes every byte as soon as it is free.
    const greedy = spawn('sh', ['-c', `while :; do cat /dev/zero >> "$0/greedy"; done`, mounted.folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    greedy.stderr.resume();
    fillDisk(mounted.folder);
    const more = callUntilRefused(log);
    for (const call of [...calls, ...more]) {
      log.result({ at, call, result: 'ok', duration_ms: 1, bytes: 2, facts: { path: 'x'.repeat(5000) } });
    }
    const counts = { allowed: calls.length + more.length, denied: 0 };
    log.ended({ at, invocation, outcome: 'failed', duration_ms: 1, calls: counts, secrets: ['TOKEN'] });
    expect(() => log.started(sampleStart)).toThrow(full);
    expect(() => log.record(sampleCall)).toThrow(full);
    await log[Symbol.asyncDispose]();
    const entries = 2 + 2 * counts.allowed + 2;
    expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({
      kind: 'unfinished',
      entries,
      checkpoints: 1,
    });
    expect(readReserve(place.file).lines.length).toBeGreaterThan(0);
    // Resumed too early, nothing is lost and nothing goes on.
    expect(() => place.open()).toThrow(full);
    expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({ entries });
    process.kill(-Number(greedy.pid), 'SIGKILL');
    // Also its cat is gone, which would take what is freed below.
    await once(greedy, 'close');
    rmSync(join(mounted.folder, 'greedy'));
    rmSync(join(mounted.folder, 'ballast'));
    const resumed = place.open();
    recordCalls(resumed, 1);
    await resumed[Symbol.asyncDispose]();
    expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({ ok: true });
    const kinds = place.entries().map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'call')).toHaveLength(kinds.filter((kind) => kind === 'result').length);
    expect(place.files()).not.toContain('audit.ndjson.reserve');
  });

  it('lets no log be opened that could not keep its word', async () => {
    using mounted = smallDisk('1m');
    const place = auditPlace(mounted.folder);
    fillDisk(mounted.folder);
    expect(() => place.open()).toThrow(full);
  });

  it('lets a log not go on in a further file, and its old one be whole', async () => {
    using mounted = smallDisk('2m');
    const place = auditPlace(mounted.folder);
    const log = place.open({ limits: { segmentBytes: 1000 } });
    recordCalls(log, 20);
    const call = log.record(sampleCall);
    fillDisk(mounted.folder);
    callUntilRefused(log);
    log.result({ at, call, result: 'ok', duration_ms: 1, bytes: 2 });
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(place.file)).toMatchObject({ kind: 'unfinished' });
    rmSync(join(mounted.folder, 'ballast'));
    await place.open()[Symbol.asyncDispose]();
    expect(await verifyAudit(place.file)).toMatchObject({ ok: true });
  });
});

describe('the reserve of a log', () => {
  /** A log whose outcomes stand in the reserve, as a full disk leaves it. */
  async function withReserve(): Promise<AuditPlace & { readonly moved: Buffer }> {
    const place = auditPlace();
    const log = place.open();
    recordCalls(log, 2);
    const bytes = readFileSync(place.file);
    const lines = bytes.toString().split('\n');
    const inLog = `${lines.slice(0, 4).join('\n')}\n`;
    writeFileSync(reserveFile(place.file), Buffer.concat([Buffer.from(lines.slice(4).join('\n')), Buffer.alloc(9000)]));
    writeFileSync(place.file, inLog);
    return { ...place, moved: bytes };
  }

  it('belongs to the log', async () => {
    const place = await withReserve();
    expect(await verifyAudit(place.file)).toMatchObject({ kind: 'unfinished', entries: 7 });
    await place.open()[Symbol.asyncDispose]();
    expect(readFileSync(place.file).subarray(0, place.moved.length)).toEqual(place.moved);
    expect(await verifyAudit(place.file)).toMatchObject({ ok: true });
  });

  it('may still hold what was taken over, in whole or in part, when the agent was killed meanwhile', async () => {
    for (let cut = 0; cut <= 500; cut += 50) {
      const place = await withReserve();
      writeFileSync(place.file, place.moved.subarray(0, place.moved.length - cut));
      expect(await verifyAudit(place.file)).toMatchObject({ kind: 'unfinished', entries: 7 });
      await place.open()[Symbol.asyncDispose]();
      expect(readFileSync(place.file).subarray(0, place.moved.length)).toEqual(place.moved);
    }
  });

  it("is not believed where it was changed, or is another log's", async () => {
    const place = await withReserve();
    const reserve = reserveFile(place.file);
    const other = await withReserve();
    const good = readFileSync(reserve);
    for (const bytes of [
      Buffer.from(good.toString().replace('file-1', 'file-2')),
      readFileSync(reserveFile(other.file)),
    ]) {
      writeFileSync(reserve, bytes);
      expect(await verifyAudit(place.file)).toMatchObject({ kind: 'broken', broken_at: { file: reserve } });
      expect(() => place.open()).toThrow('does not hold');
    }
  });
});
