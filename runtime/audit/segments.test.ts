import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditLogOptions } from './log.ts';
import { verifyAudit } from './read.ts';
import { firstSegmentOf, lastSegment, segmentFile } from './segments.ts';
import { type AuditPlace, auditPlace, recordCalls, testFolder } from './testing/logs.ts';

const small: Partial<AuditLogOptions> = { limits: { segmentBytes: 4000 } };

/** A closed log over several files. */
async function longLog(place: AuditPlace = auditPlace()): Promise<AuditPlace> {
  const log = place.open(small);
  recordCalls(log, 30);
  await log[Symbol.asyncDispose]();
  return place;
}

const beside = (place: AuditPlace, name: string): string => join(dirname(place.file), name);

describe('a log that grows', () => {
  it('goes on in another file, and the chain with it', async () => {
    const place = await longLog();
    const last = lastSegment(place.file);
    expect(last).toBeGreaterThan(2);
    expect(place.entries('audit.1.ndjson')[0]).toMatchObject({ kind: 'segment', segment: 1, run: 'run-1' });
    expect(readFileSync(beside(place, 'audit.1.ndjson')).length).toBeLessThan(6000);
    expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({
      ok: true,
      segments: last + 1,
    });
  });

  it('goes on in its last file when it is opened again', async () => {
    const place = await longLog();
    await longLog(place);
    expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({ ok: true });
  });

  it('goes on where the agent was killed before the first line of a file was written, or within it', async () => {
    for (const left of ['', '{"sequence":']) {
      const place = await longLog();
      const next = segmentFile(place.file, lastSegment(place.file) + 1);
      writeFileSync(next, left);
      expect((await verifyAudit(place.file)).kind).toBe(left === '' ? 'intact' : 'torn');
      await longLog(place);
      expect(await verifyAudit(place.file)).toMatchObject({ ok: true });
    }
  });
});

describe('of a log over several files', () => {
  it.each([
    ['the first is missing', (place: AuditPlace) => rmSync(place.file), 'audit.ndjson'],
    ['one in between is missing', (place: AuditPlace) => rmSync(beside(place, 'audit.1.ndjson')), 'audit.1.ndjson'],
    ['the last is missing', (place: AuditPlace) => rmSync(segmentFile(place.file, lastSegment(place.file))), 'cut off'],
    ['one in between is empty', (place: AuditPlace) => truncateSync(beside(place, 'audit.1.ndjson')), 'missing: entry'],
    [
      'one in between ends early',
      (place: AuditPlace) => {
        const file = beside(place, 'audit.1.ndjson');
        truncateSync(file, readFileSync(file).length - 5);
      },
      'incomplete',
    ],
    [
      'two have changed places',
      (place: AuditPlace) => {
        renameSync(beside(place, 'audit.1.ndjson'), beside(place, 'audit.x'));
        renameSync(beside(place, 'audit.2.ndjson'), beside(place, 'audit.1.ndjson'));
        renameSync(beside(place, 'audit.x'), beside(place, 'audit.2.ndjson'));
      },
      'missing: entry',
    ],
    [
      'two were joined to one',
      (place: AuditPlace) => {
        const both = ['audit.ndjson', 'audit.1.ndjson'].map((name) => readFileSync(beside(place, name)));
        writeFileSync(place.file, Buffer.concat(both));
        writeFileSync(beside(place, 'audit.1.ndjson'), '');
      },
      'begins a file of the log',
    ],
  ])('%s: that is found, and nothing is added to it', async (_, change, reason) => {
    const place = await longLog();
    change(place);
    const verdict = await verifyAudit(place.file, { publicKey: place.key.publicKey });
    expect(verdict).toMatchObject({ kind: 'broken', reason: expect.stringContaining(reason) });
    expect(() => place.open()).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ code: 'AUDIT_BROKEN' }) }),
    );
  });

  it('any one byte is changed: that is found, in its file and line', async () => {
    const place = await longLog();
    const files = place.files().filter((name) => name.endsWith('.ndjson'));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.double({ min: 0, max: 1, noNaN: true }), async (name, part) => {
        const file = beside(place, name);
        const bytes = readFileSync(file);
        const at = Math.floor(part * (bytes.length - 1));
        writeFileSync(file, bytes.with(at, (bytes[at] ?? 0) ^ 1));
        const line = bytes.subarray(0, at).toString('latin1').split('\n').length;
        expect(await verifyAudit(place.file)).toMatchObject({ kind: 'broken', broken_at: { file, line } });
        writeFileSync(file, bytes);
      }),
      { numRuns: 60 },
    );
    expect(await verifyAudit(place.file)).toMatchObject({ kind: 'intact' });
  });

  it("one is another run's: that is found", async () => {
    const state = testFolder();
    const [place, other] = [await longLog(auditPlace(state)), auditPlace(state, 'run-2')];
    const log = other.open(small);
    recordCalls(log, 0);
    await log[Symbol.asyncDispose]();
    copyFileSync(other.file, beside(place, 'audit.1.ndjson'));
    expect(await verifyAudit(place.file)).toMatchObject({
      kind: 'broken',
      broken_at: { file: beside(place, 'audit.1.ndjson'), line: 1 },
    });
  });
});

describe('the names of the files', () => {
  it('lead from each to the first, and from the first to the last', () => {
    expect(segmentFile('/a/audit.ndjson', 0)).toBe('/a/audit.ndjson');
    expect(segmentFile('/a.b/audit.ndjson', 12)).toBe('/a.b/audit.12.ndjson');
    expect(segmentFile('/a.b/audit', 1)).toBe('/a.b/audit.1');
    expect(firstSegmentOf('/a/audit.12.ndjson')).toBe('/a/audit.ndjson');
    expect(firstSegmentOf('/a/audit.ndjson')).toBe('/a/audit.ndjson');
    const folder = testFolder();
    for (const name of [
      'log.ndjson',
      'log.2.ndjson',
      'log.02.ndjson',
      'log.9.ndjson.head',
      'other.7.ndjson',
      'log.x.ndjson',
    ])
      writeFileSync(join(folder, name), '');
    expect(lastSegment(join(folder, 'log.ndjson'))).toBe(2);
  });
});
