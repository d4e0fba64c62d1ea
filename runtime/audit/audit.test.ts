import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AbsolutePath, Json } from '../../schemas/index.ts';
import type { AuditRecord } from './api.ts';
import { type AgentKey, loadAgentKey } from './key.ts';
import { type AuditLogOptions, checkpointEvery, openAuditLog } from './log.ts';
import { verifyAudit } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'waterflow-audit-')) as AbsolutePath;
let key: AgentKey;
let next = 0;
beforeAll(() => {
  key = loadAgentKey(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function freshFile(): AbsolutePath {
  next += 1;
  // Below an absolute folder.
  return join(folder, `run-${next}`, 'audit.ndjson') as AbsolutePath;
}

function optionsFor(file: AbsolutePath): AuditLogOptions {
  return { file, run: 'run-1', key, redact: (value) => value, clock: { now: () => 1_700_000_000_000 } };
}

const entry: AuditRecord = {
  at: 1_700_000_000_000,
  tenant: 'default',
  run: 'run-1',
  invocation: 1,
  job: 'build',
  step: '0',
  attempt: 1,
  plugin: { name: 'acme-tool', version: '1.0.0', digest: 'sha256:00' },
  call: { capability: 'fs', operation: 'read', args: { path: 'a' } },
  bytes: 12,
  truncated: false,
  decision: 'allowed',
  rules: ['manifest plugin.yaml fs[0]'],
};

/** A closed log with so many calls. */
async function writtenLog(calls: number): Promise<AbsolutePath> {
  const file = freshFile();
  await using log = openAuditLog(optionsFor(file));
  for (let call = 0; call < calls; call += 1) {
    const sequence = log.record({ ...entry, call: { ...entry.call, args: { path: `file-${call}` } } });
    log.result({ at: entry.at, call: sequence, result: 'ok', duration_ms: 1, bytes: 2 });
  }
  return file;
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

describe('the record', () => {
  it('is a line for each call before anything else happens, and one for what came of it', async () => {
    const file = freshFile();
    await using log = openAuditLog(optionsFor(file));
    const sequence = log.record(entry);
    expect(JSON.parse(linesOf(file).at(-1) ?? '')).toMatchObject({
      sequence,
      kind: 'call',
      at: '2023-11-14T22:13:20.000Z',
      decision: 'allowed',
    });
    log.result({
      at: entry.at,
      call: sequence,
      result: 'denied',
      facts: { address: '127.0.0.1' },
      duration_ms: 3,
      bytes: 2,
    });
    expect(JSON.parse(linesOf(file).at(-1) ?? '')).toMatchObject({
      kind: 'result',
      call: sequence,
      facts: { address: '127.0.0.1' },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('holds when it was closed', async () => {
    const file = await writtenLog(3);
    expect(await verifyAudit(file, { publicKey: key.publicKey })).toEqual({
      ok: true,
      kind: 'intact',
      run: 'run-1',
      entries: 9,
      checkpoints: 1,
      signed: 9,
      segments: 1,
      witnesses: 0,
      key: key.id,
    });
  });

  it('is signed every so many entries', async () => {
    const file = await writtenLog(checkpointEvery + 1);
    expect(await verifyAudit(file)).toMatchObject({ ok: true, checkpoints: 3 });
  });

  it('goes on after a close', async () => {
    const file = await writtenLog(1);
    await using log = openAuditLog(optionsFor(file));
    log.record(entry);
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(file)).toMatchObject({ ok: true, checkpoints: 2 });
    expect(linesOf(file).map((line) => JSON.parse(line).kind)).toEqual([
      'open',
      'call',
      'result',
      'close',
      'checkpoint',
      'open',
      'call',
      'close',
      'checkpoint',
    ]);
    expect(() => log.record(entry)).toThrow('closed');
  });

  it('has the secrets taken out of what a guest can put into it', async () => {
    const file = freshFile();
    const redact = (value: Json): Json => JSON.parse(JSON.stringify(value).replaceAll('hunter22', '***'));
    await using log = openAuditLog({ ...optionsFor(file), redact });
    const call = log.record({ ...entry, call: { ...entry.call, args: { path: 'hunter22' } }, reason: 'not hunter22' });
    log.result({ at: entry.at, call, result: 'ok', facts: { header: 'hunter22' }, duration_ms: 1, bytes: 2 });
    expect(readFileSync(file, 'utf8')).not.toContain('hunter22');
  });

  it('keeps only the beginning of what is too long', async () => {
    const file = freshFile();
    await using log = openAuditLog(optionsFor(file));
    log.record({
      ...entry,
      call: { capability: 'x'.repeat(1e6), operation: 'y'.repeat(1e6), args: { content: 'z'.repeat(1e6) } },
    });
    expect(readFileSync(file).length).toBeLessThan(10_000);
    expect(JSON.parse(linesOf(file).at(-1) ?? '')).toMatchObject({ call: { args: { characters: 1_000_014 } } });
  });

  it('holds for any arguments', async () => {
    const file = freshFile();
    const log = openAuditLog(optionsFor(file));
    const written: Json[] = [];
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        // jsonValue() gives JSON; its type doesn't say readonly.
        const args = value as Json;
        log.record({ ...entry, call: { ...entry.call, args } });
        written.push(JSON.parse(JSON.stringify(args)));
      }),
    );
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(file)).toMatchObject({ ok: true });
    const calls = linesOf(file)
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === 'call');
    expect(calls.map(({ call }) => call.args)).toEqual(written);
  });
});

describe('what was written', () => {
  let file: AbsolutePath;
  let bytes: Buffer;
  beforeAll(async () => {
    file = await writtenLog(3);
    bytes = readFileSync(file);
  });

  /** What checking says of other bytes in the log's place. */
  async function verdictOf(
    changed: Uint8Array | string,
    head: 'with its head' | 'as a copy' = 'with its head',
  ): Promise<Awaited<ReturnType<typeof verifyAudit>>> {
    const other = freshFile();
    const log = openAuditLog(optionsFor(other));
    await log[Symbol.asyncDispose]();
    if (head === 'with its head') copyFileSync(`${file}.head`, `${other}.head`);
    else rmSync(`${other}.head`);
    writeFileSync(other, changed);
    return verifyAudit(other, { publicKey: key.publicKey });
  }

  it('of any one byte is found, at its line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (position, flip) => {
        const changed = Buffer.from(bytes);
        changed[position] = (changed[position] ?? 0) ^ flip;
        const line = bytes.subarray(0, position).filter((byte) => byte === 0x0a).length + 1;
        expect(await verdictOf(changed)).toMatchObject({
          ok: false,
          kind: 'broken',
          broken_at: { line, sequence: line },
        });
      }),
      { numRuns: 200 },
    );
  });

  it.each([0, 1, 4, 7, 8])('that removes line %i is found', async (index) => {
    const lines = linesOf(file);
    lines.splice(index, 1);
    expect(await verdictOf(`${lines.join('\n')}\n`)).toMatchObject({ ok: false, broken_at: { line: index + 1 } });
  });

  it.each([1, 4, 8])('that repeats line %i is found', async (index) => {
    const lines = linesOf(file);
    lines.splice(index, 0, lines[index] ?? '');
    expect(await verdictOf(`${lines.join('\n')}\n`)).toMatchObject({
      ok: false,
      kind: 'broken',
      broken_at: { line: index + 2 },
    });
  });

  it('of the order is found', async () => {
    const lines = linesOf(file);
    [lines[3], lines[4]] = [lines[4] ?? '', lines[3] ?? ''];
    expect(await verdictOf(`${lines.join('\n')}\n`)).toMatchObject({
      ok: false,
      broken_at: { line: 4 },
      reason: expect.stringContaining('missing'),
    });
  });

  it('that cuts off the end is found, at any line and within one', async () => {
    const lines = linesOf(file);
    for (let kept = 0; kept < lines.length; kept += 1) {
      const cut = lines
        .slice(0, kept)
        .map((line) => `${line}\n`)
        .join('');
      expect(await verdictOf(cut)).toMatchObject({ ok: false, kind: 'broken', broken_at: { line: kept + 1 } });
      const copy = await verdictOf(cut, 'as a copy');
      expect(copy).toMatchObject({ ok: false, kind: kept === 0 ? 'broken' : 'unfinished' });
    }
    expect(await verdictOf(bytes.subarray(0, -1))).toMatchObject({
      ok: false,
      kind: 'broken',
      reason: expect.stringContaining('cut off'),
    });
    expect(await verdictOf('')).toMatchObject({ ok: false });
  });

  it('that adds something is found', async () => {
    for (const more of ['x', '\n', '{}\n', '\r\n', `${'\0'.repeat(512)}x`]) {
      expect(await verdictOf(Buffer.concat([bytes, Buffer.from(more)]))).toMatchObject({
        ok: false,
        kind: 'broken',
        broken_at: { line: 10 },
      });
    }
  });

  it('that rewrites the whole chain is found by the signature', async () => {
    const forged = freshFile();
    const strangers = mkdtempSync(join(tmpdir(), 'waterflow-key-')) as AbsolutePath;
    onTestFinished(() => rmSync(strangers, { recursive: true, force: true }));
    const log = openAuditLog({ ...optionsFor(forged), key: loadAgentKey(strangers) });
    log.record({ ...entry, call: { ...entry.call, args: { path: 'something harmless' } } });
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(forged)).toMatchObject({ ok: true });
    expect(await verifyAudit(forged, { publicKey: key.publicKey })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('another agent'),
    });
    // The stranger's entries under the agent's own public key.
    const { encodeEntry } = await import('./line.ts');
    let previous = '0'.repeat(64);
    const lines = linesOf(forged).map((text) => {
      const { sequence, previous: _previous, hash: _hash, ...fields } = JSON.parse(text);
      const written = encodeEntry(
        { sequence, previous },
        fields.kind === 'open' ? { ...fields, public_key: key.publicKey, key: key.id } : fields,
      );
      previous = written.hash;
      return `${written.line}\n`;
    });
    expect(await verdictOf(lines.join(''), 'as a copy')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('signature'),
    });
  });

  it('of the file beside the log is found', async () => {
    const other = await writtenLog(1);
    writeFileSync(`${other}.head`, '{}');
    expect(await verifyAudit(other)).toMatchObject({ ok: false, reason: expect.stringContaining('.head') });
  });
});

describe('a log that is opened again', () => {
  it('says that its last line was incomplete, and keeps it', async () => {
    const file = await writtenLog(1);
    appendFileSync(file, '{"sequence":6,"previous":"');
    const log = openAuditLog(optionsFor(file));
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(file)).toMatchObject({ ok: true });
    const opened = linesOf(file)
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === 'open');
    expect(opened[1]).toMatchObject({
      resumed: true,
      repaired: { bytes: 26, base64: Buffer.from('{"sequence":6,"previous":"').toString('base64') },
    });
  });

  it("is not added to when it was changed, cut off or is another run's", async () => {
    const broken = expect.objectContaining({ error: expect.objectContaining({ code: 'AUDIT_BROKEN' }) });
    const file = await writtenLog(2);
    const bytes = readFileSync(file);
    expect(() => openAuditLog({ ...optionsFor(file), run: 'run-2' })).toThrow(broken);
    writeFileSync(file, bytes.toString().replace('file-1', 'file-9'));
    expect(() => openAuditLog(optionsFor(file))).toThrow(broken);
    writeFileSync(file, bytes.subarray(0, bytes.indexOf(0x0a) + 1));
    expect(() => openAuditLog(optionsFor(file))).toThrow(broken);
    writeFileSync(file, '');
    expect(() => openAuditLog(optionsFor(file))).toThrow(broken);
  });

  it('has every call that was recorded before kill -9', async () => {
    const file = freshFile();
    const program = `
      import { openAuditLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)};
      import { loadAgentKey } from ${JSON.stringify(new URL('./key.ts', import.meta.url).href)};
      const [file, state, entry] = process.argv.slice(1);
      const log = openAuditLog({ file, run: 'run-1', key: loadAgentKey(state), redact: (value) => value, clock: { now: () => Date.now() } });
      for (;;) process.stdout.write(log.record(JSON.parse(entry)) + '\\n');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, file, folder, JSON.stringify(entry)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.length > 500) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const last = Number(printed.split('\n').at(-2));
    const killed = await verifyAudit(file);
    expect(killed).toMatchObject({ ok: false, kind: 'unfinished' });
    expect(linesOf(file).length).toBeGreaterThanOrEqual(last);
    const log = openAuditLog(optionsFor(file));
    await log[Symbol.asyncDispose]();
    expect(await verifyAudit(file)).toMatchObject({ ok: true });
  });
});

describe('where nothing can be written', () => {
  it('nothing more is recorded, and so nothing is allowed', async () => {
    const file = freshFile();
    // The shell's limit makes write(2) fail as a full disk does, after a part of the line.
    const program = `
      import { openAuditLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)};
      import { loadAgentKey } from ${JSON.stringify(new URL('./key.ts', import.meta.url).href)};
      process.on('SIGXFSZ', () => {});
      const [file, state, entry] = process.argv.slice(1);
      const log = openAuditLog({ file, run: 'run-1', key: loadAgentKey(state), redact: (value) => value, clock: { now: () => Date.now() } });
      const codes = [];
      for (let call = 0; call < 2000; call += 1) try { log.record(JSON.parse(entry)); } catch (cause) { codes.push(cause.error.code); }
      console.log(JSON.stringify([...new Set(codes)]));
      await log[Symbol.asyncDispose]();`;
    const run = spawnSync(
      'bash',
      [
        '-c',
        'ulimit -f 300; trap "" XFSZ; exec "$@"',
        'x',
        process.execPath,
        '--input-type=module',
        '-e',
        program,
        file,
        folder,
        JSON.stringify(entry),
      ],
      { encoding: 'utf8' },
    );
    expect(JSON.parse(run.stdout)).toHaveLength(1);
    expect(JSON.parse(run.stdout)[0]).toMatch(/^STORAGE_/);
    // What is there is whole lines.
    expect(await verifyAudit(file)).toMatchObject({ ok: false, kind: 'unfinished' });
  });

  it('says so when it is opened', () => {
    const file = freshFile();
    mkdirSync(join(file, '..'));
    writeFileSync(file, '');
    expect(() => openAuditLog(optionsFor(join(file, 'audit.ndjson') as AbsolutePath))).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ code: 'STORAGE_FAILED' }) }),
    );
  });
});

describe("the agent's key", () => {
  it('is made once, and only its owner can read it', () => {
    const state = mkdtempSync(join(tmpdir(), 'waterflow-key-')) as AbsolutePath;
    onTestFinished(() => rmSync(state, { recursive: true, force: true }));
    const first = loadAgentKey(state);
    expect(loadAgentKey(state).id).toBe(first.id);
    expect(statSync(join(state, 'agent-key.pem')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(state, `.agent-key.pem.${process.pid}`))).toBe(false);
    writeFileSync(join(state, 'agent-key.pem'), 'not a key');
    expect(() => loadAgentKey(state)).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ code: 'STORAGE_FAILED' }) }),
    );
  });
});
