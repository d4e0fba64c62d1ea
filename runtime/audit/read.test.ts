import { hash as hashOnce } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from './entry.ts';
import { encodeEntry } from './line.ts';
import { type ReadOptions, readAudit, verifyAudit } from './read.ts';
import { auditPlace, recordCalls } from './testing/logs.ts';

async function readAll(file: string, options?: ReadOptions): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of readAudit(file, options)) entries.push(entry);
  return entries;
}

describe('an audit log that is read', () => {
  it('gives its entries in order, each with its own fields', async () => {
    const place = auditPlace();
    const log = place.open();
    recordCalls(log, 1);
    await log[Symbol.asyncDispose]();
    const entries = await readAll(place.file, { publicKey: place.key.publicKey });
    expect(entries.map(({ kind }) => kind)).toEqual(['open', 'start', 'call', 'result', 'end', 'close', 'checkpoint']);
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(entries[2]).toMatchObject({
      invocation: 2,
      tenant: 'default',
      decision: 'allowed',
      call: { operation: 'read' },
    });
    expect(entries[3]).toMatchObject({ call: 3, result: 'ok', bytes: 2 });
  });

  it('gives nothing from the first entry on that does not hold, and says so', async () => {
    const place = auditPlace();
    const log = place.open();
    recordCalls(log, 3);
    await log[Symbol.asyncDispose]();
    writeFileSync(place.file, readFileSync(place.file, 'utf8').replace('file-1', 'file-9'));
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { sequence } of readAudit(place.file)) seen.push(sequence);
    })();
    await expect(reading).rejects.toMatchObject({ error: { code: 'AUDIT_BROKEN' } });
    expect(seen).toEqual([1, 2, 3, 4]);
    const kinds: string[] = [];
    await readAll(place.file, { onVerdict: ({ kind }) => kinds.push(kind) });
    expect(kinds).toEqual(['broken']);
  });

  it.each([
    [
      'a key stands twice',
      (body: string) => body.replace('"decision":"allowed"', '"decision":"denied","decision":"allowed"'),
    ],
    ['it has spaces', (body: string) => body.replace('"decision":', '"decision": ')],
    ['a field is missing', (body: string) => body.replace('"decision":"allowed",', '')],
    ['a field is of another type', (body: string) => body.replace('"attempt":1', '"attempt":"1"')],
    ['its kind is unknown', (body: string) => body.replace('"kind":"call"', '"kind":"call2"')],
    ["it is another run's", (body: string) => body.replace('"run":"run-1"', '"run":"run-2"')],
  ])('refuses a well-chained entry in which %s', async (_, change) => {
    const place = auditPlace();
    const log = place.open();
    recordCalls(log, 1);
    await log[Symbol.asyncDispose]();
    const [open = '', start = '', call = ''] = readFileSync(place.file, 'utf8').split('\n');
    const { hash: _hash, ...fields } = JSON.parse(call);
    const body = change(JSON.stringify(fields));
    expect(body).not.toBe(JSON.stringify(fields));
    const forged = `${body.slice(0, -1)},"hash":"${hashOnce('sha256', body, 'hex')}"}`;
    writeFileSync(place.file, `${open}\n${start}\n${forged}\n`);
    rmSync(`${place.file}.head`);
    expect(await verifyAudit(place.file)).toMatchObject({ kind: 'broken', broken_at: { line: 3, sequence: 3 } });
  });

  it('refuses what is no UTF-8, a line without end, and a key that is none', async () => {
    const place = auditPlace();
    await place.open()[Symbol.asyncDispose]();
    rmSync(`${place.file}.head`);
    const position = { sequence: 1, previous: '0'.repeat(64) };
    const { line } = encodeEntry(position, {
      kind: 'open',
      at: '',
      run: 'r',
      resumed: false,
      key: 'k',
      public_key: 'p',
    });
    for (const bytes of [Buffer.from(`${line}\n`), Buffer.alloc(5 * 1024 ** 2, 'x'), Buffer.from([0xff, 0xfe, 0x0a])]) {
      writeFileSync(place.file, bytes);
      expect(await verifyAudit(place.file)).toMatchObject({ kind: 'broken', broken_at: { line: 1 } });
    }
  });
});
