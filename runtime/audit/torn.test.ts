import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyAudit } from './read.ts';
import { type AuditPlace, auditPlace, recordCalls } from './testing/logs.ts';

/** What kill -9 leaves: a log that isn't closed, whose only signature is none. */
function unclosedLog(calls: number): AuditPlace & { readonly bytes: Buffer } {
  const place = auditPlace();
  const log = place.open();
  recordCalls(log, calls);
  return { ...place, bytes: readFileSync(place.file) };
}

/** A copy of a log, without its head, with other bytes in it. */
function withBytes(place: AuditPlace, bytes: Buffer): string {
  const file = join(place.state, 'copy.ndjson');
  writeFileSync(file, bytes);
  return file;
}

describe('a log that was cut within its last entry', () => {
  it('is torn, wherever that is; unfinished between two; and never tampered with', async () => {
    const place = unclosedLog(1);
    const first = place.bytes.indexOf(0x0a) + 1;
    for (let end = first; end <= place.bytes.length; end += 1) {
      const kept = place.bytes.subarray(0, end);
      const verdict = await verifyAudit(withBytes(place, kept), { publicKey: place.key.publicKey });
      const whole = kept.filter((byte) => byte === 0x0a).length;
      const kind = kept.at(-1) === 0x0a ? 'unfinished' : 'torn';
      expect(verdict).toMatchObject({ ok: false, kind, entries: whole, broken_at: { line: whole + 1 } });
    }
  });

  it('goes on after what was whole, and says what was taken off', async () => {
    const place = unclosedLog(2);
    const first = place.bytes.indexOf(0x0a) + 1;
    const head = readFileSync(`${place.file}.head`);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: first, max: place.bytes.length }), async (end) => {
        writeFileSync(`${place.file}.head`, head);
        const kept = place.bytes.subarray(0, end);
        const torn = kept.length - kept.lastIndexOf(0x0a) - 1;
        writeFileSync(place.file, kept);
        await place.open()[Symbol.asyncDispose]();
        expect(await verifyAudit(place.file, { publicKey: place.key.publicKey })).toMatchObject({ ok: true });
        const opened = place.entries().findLast(({ kind }) => kind === 'open');
        const repaired = opened?.['repaired'] ?? { bytes: 0 };
        expect(repaired).toEqual(expect.objectContaining({ bytes: torn }));
      }),
      { numRuns: 60 },
    );
  });

  it('is torn, too, where the file system kept the length and not the end', async () => {
    const place = unclosedLog(1);
    const bytes = Buffer.concat([place.bytes.subarray(0, -9), Buffer.alloc(4096)]);
    expect(await verifyAudit(withBytes(place, bytes))).toMatchObject({ kind: 'torn' });
  });

  it('is changed where what is left is no beginning of an entry, and nothing is added to it', async () => {
    const place = unclosedLog(1);
    const last = JSON.parse(place.bytes.toString().trimEnd().split('\n').at(-1) ?? '') as { readonly hash: string };
    const other = last.hash.startsWith('0') ? '1' : '0';
    const previous = '{"sequence":6,"previous":"';
    for (const rest of ['x', '{"sequence":7', `${previous}${other}`, `${previous}\0a`]) {
      const file = withBytes(place, Buffer.concat([place.bytes, Buffer.from(rest)]));
      expect(await verifyAudit(file)).toMatchObject({ kind: 'broken', broken_at: { line: 6, sequence: 6 } });
      copyFileSync(file, place.file);
      expect(() => place.open()).toThrow(
        expect.objectContaining({ error: expect.objectContaining({ code: 'AUDIT_BROKEN' }) }),
      );
    }
  });
});
