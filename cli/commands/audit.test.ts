import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditPlace, auditPlace, recordCalls, testFolder } from '../../runtime/audit/testing/logs.ts';
import { sampleCall, sampleStart } from '../../runtime/audit/testing/samples.ts';
import { commandLine } from '../testing/terminal.ts';

const id = `run-${'0'.repeat(26)}`;
const at = sampleStart.at;

/** A state folder with the closed log of one run, which the commands find by its id. */
async function recorded(
  record: (log: ReturnType<AuditPlace['open']>) => void,
  state = testFolder(),
  run = id,
): Promise<AuditPlace> {
  const place = auditPlace(state, run);
  const log = place.open();
  record({
    ...log,
    started: (entry) => log.started({ ...entry, run }),
    record: (entry) => log.record({ ...entry, run }),
    result: (entry) => log.result(entry),
    ended: (entry) => log.ended(entry),
  });
  await log[Symbol.asyncDispose]();
  return place;
}

/** One call of each kind. */
function recordSome(log: ReturnType<AuditPlace['open']>): void {
  const invocation = log.started(sampleStart);
  const read = log.record({ ...sampleCall, invocation });
  log.record({
    ...sampleCall,
    at: at + 60_000,
    invocation,
    call: { capability: 'exec', operation: 'run', args: { command: 'id' } },
    decision: 'denied',
    rules: ['manifest plugin.yaml'],
    reason: 'acme-tool may not call exec.run',
  });
  log.result({ at, call: read, result: 'ok', duration_ms: 12, bytes: 40 });
  const fetch = log.record({
    ...sampleCall,
    at: at + 120_000,
    invocation,
    step: 'fetch',
    call: { capability: 'net', operation: 'request', args: { url: 'https://a.example/' } },
  });
  const facts = { message: 'it redirects to 10.0.0.1' };
  log.result({ at, call: fetch, result: 'denied', duration_ms: 30, bytes: 90, facts, secrets: ['TOKEN'] });
  log.record({
    ...sampleCall,
    at: at + 180_000,
    invocation,
    step: 'lost',
    plugin: { ...sampleCall.plugin, name: 'other' },
  });
  log.ended({
    at,
    invocation,
    outcome: 'failed',
    killed_by: 'TIMEOUT',
    duration_ms: 2000,
    calls: { allowed: 2, denied: 2 },
    secrets: ['TOKEN'],
  });
}

describe('waterflow audit query', () => {
  const query = async (place: AuditPlace, ...options: readonly string[]) => {
    const ended = await commandLine(['audit', 'query', ...options, '--state', place.state]);
    return { ...ended, lines: ended.stdout.split('\n').slice(0, -1) };
  };

  it('shows calls with what came of them, and why those that were refused were', async () => {
    const { code, lines } = await query(await recorded(recordSome), id);
    expect(code).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(
        /^2023-11-14T22:14:20\.000Z {2}build\/0 {4}acme-tool@1\.0\.0 {2}denied {3}exec\.run {4}id$/,
      ),
      '    acme-tool may not call exec.run',
      '    decided by: manifest plugin.yaml',
      expect.stringMatching(/ ok {7}fs\.read {5}a {2}12ms$/),
      expect.stringMatching(/build\/fetch .* denied {3}net\.request {2}GET https:\/\/a\.example\/ {2}30ms$/),
      '    it redirects to 10.0.0.1',
      '    decided by: manifest plugin.yaml fs[0]',
      expect.stringMatching(/build\/lost .* unknown {2}fs\.read/),
    ]);
  });

  it.each([
    [['--capability', 'net'], ['net.request']],
    [
      ['--operation', 'read', '--decision', 'allowed'],
      ['fs.read', 'fs.read'],
    ],
    [
      ['--decision', 'denied'],
      ['exec.run', 'net.request'],
    ],
    [['--plugin', 'other'], ['fs.read']],
    [
      ['--plugin', 'acme-tool@1.0.0', '--step', '0'],
      ['exec.run', 'fs.read'],
    ],
    [['--plugin', 'sha256:0', '--limit', '1'], ['exec.run']],
    [['--job', 'deploy'], []],
    [['--since', '2023-11-14T22:14:20Z', '--until', '2023-11-14T22:15:20+00:00'], ['exec.run']],
  ])('finds those that %j asks for', async (options, found) => {
    const { code, lines, stderr } = await query(await recorded(recordSome), id, '--json', ...options);
    expect(code).toBe(0);
    const calls = lines.map((line) => JSON.parse(line));
    expect(calls.map(({ call }) => `${call.capability}.${call.operation}`)).toEqual(found);
    expect(stderr.includes('nothing on record')).toBe(found.length === 0);
  });

  it('shows how invocations ended, and by what', async () => {
    const place = await recorded(recordSome);
    const { lines } = await query(place, id, '--invocations');
    expect(lines).toEqual([
      expect.stringContaining('failed     level 3, killed by TIMEOUT, 4 calls, 2 denied, secrets used: TOKEN, 2.0s'),
    ]);
    const { stdout } = await query(place, id, '--invocations', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'invocation',
      outcome: 'failed',
      killed_by: 'TIMEOUT',
      secrets: { given: ['TOKEN'], used: ['TOKEN'] },
    });
  });

  it('lets nothing through that a plugin wrote for the terminal', async () => {
    const hostile = '\u001b[2J\u001b]0;owned\u0007a\r\nOK  all fine\u202e\u2066\u009b31m';
    const place = await recorded((log) => {
      recordCalls(log, 1, () => ({ path: hostile }));
      log.record({
        ...sampleCall,
        call: { capability: hostile, operation: hostile, args: { [hostile]: hostile } },
        decision: 'denied',
        reason: hostile,
        rules: [hostile],
        job: hostile,
        plugin: { name: hostile, version: hostile, digest: hostile },
      });
    });
    for (const options of [[], ['--json'], ['--invocations']]) {
      const { stdout, stderr } = await query(place, id, ...options);
      expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    }
    const { stdout } = await commandLine(['audit', 'export', id, '--format', 'csv', '--state', place.state]);
    expect(stdout.replaceAll('\r\n', '')).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
  });

  it('shows of a log that was changed what holds, says so, and fails', async () => {
    const place = await recorded(recordSome);
    writeFileSync(place.file, readFileSync(place.file, 'utf8').replace('a.example', 'b.example'));
    const { code, lines, stderr } = await query(place, id, '--json');
    expect(code).toBe(1);
    expect(lines).toHaveLength(2);
    expect(stderr).toContain('BROKEN from entry 6 on');
  });

  it("says that another run's log is in the place of the one that was asked for", async () => {
    const state = testFolder();
    const place = await recorded(recordSome, state);
    const other = await recorded(recordSome, state, `run-${'1'.repeat(26)}`);
    for (const end of ['', '.head']) copyFileSync(`${other.file}${end}`, `${place.file}${end}`);
    const { code, stderr } = await query(place, id);
    expect(code).toBe(1);
    expect(stderr).toContain(`is the log of run-${'1'.repeat(26)}, not of ${id}`);
  });

  it('goes over every run of the state folder', async () => {
    const state = testFolder();
    const place = await recorded(recordSome, state);
    const second = await recorded(recordSome, state, `run-${'1'.repeat(26)}`);
    for (const { file } of [place, second]) writeFileSync(join(dirname(file), 'journal.sqlite'), '');
    const { lines } = await query(place, '--all', '--json', '--capability', 'exec');
    expect(lines.map((line) => JSON.parse(line).run)).toEqual([id, `run-${'1'.repeat(26)}`]);
    const verify = await commandLine(['audit', 'verify', '--all', '--json', '--state', state]);
    expect(verify.code).toBe(0);
    expect(verify.stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  it.each([
    [['--all', id], 'name one run, or say --all'],
    [[], 'name one run, or say --all'],
    [[id, '--since', 'yesterday'], '--since "yesterday" is no time'],
    [[id, '--limit', '0'], 'whole number'],
    [[id, '--decision', 'maybe'], 'Allowed choices'],
    [[id, '--invocations', '--capability', 'fs'], 'cannot be used with'],
    [[id, '--capability', 'nett'], 'there is no capability `nett`'],
    [[id, '--capability', 'net', '--operation', 'read'], '`net` has no operation `read`'],
    [['./nowhere/'], 'there is no audit log'],
  ])('refuses %j', async (options, message) => {
    const { code, stderr } = await query(await recorded(recordSome), ...options);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('waterflow audit export', () => {
  const exported = (place: AuditPlace, ...options: readonly string[]) =>
    commandLine(['audit', 'export', id, ...options, '--state', place.state]);

  it('writes one JSON document', async () => {
    const place = await recorded(recordSome);
    const { code, stdout } = await exported(place);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(4);
    expect(JSON.parse((await exported(place, '--job', 'deploy')).stdout)).toEqual([]);
  });

  it('writes to a new file that only its owner can read', async () => {
    const place = await recorded(recordSome);
    const output = join(place.state, 'calls.csv');
    expect(await exported(place, '--format', 'csv', '--output', output)).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(output, 'utf8').split('\r\n')).toHaveLength(6);
    expect((await exported(place, '--output', output)).stderr).toContain('exists already');
    expect(await exported(place, '--output', join(place.state, 'no', 'such'))).toMatchObject({ code: 3 });
    expect(await exported(place, '--output', '/dev/full')).toMatchObject({ code: 2 });
    expect(existsSync(join(place.state, 'no'))).toBe(false);
  });

  it('writes CSV in which no cell is a formula and every field comes back', async () => {
    const place = auditPlace(testFolder(), id);
    const texts = fc.sample(fc.string({ unit: 'grapheme' }), 200);
    const lead = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '"=1', '\uff1d1', 'a,b"c\'d'];
    const log = place.open();
    for (const text of [...lead, ...texts]) {
      log.record({
        ...sampleCall,
        run: id,
        decision: 'denied',
        reason: text,
        plugin: { ...sampleCall.plugin, name: text },
      });
    }
    await log[Symbol.asyncDispose]();
    const { stdout } = await exported(place, '--format', 'csv');
    const [header = [], ...records] = parseCsv(stdout);
    expect(records).toHaveLength(lead.length + texts.length);
    expect(new Set(records.map((record) => record.length))).toEqual(new Set([header.length]));
    expect(records.flat().filter((cell) => /^\s*[=+\-@\uff1d]/u.test(cell))).toEqual([]);
    const reasons = records.map((record) => record[header.indexOf('reason')]);
    expect(reasons.slice(0, 4)).toEqual(["'=1+1", "'+1", "'-1", "'@SUM(A1)"]);
    expect(reasons[8]).toBe('a,b"c\'d');
  });
});

describe('waterflow audit verify', () => {
  it('tells a torn log from one that was changed', async () => {
    const place = await recorded(recordSome);
    appendFileSync(place.file, `{"sequence":${place.entries().length + 1},"prev`);
    const { code, stdout } = await commandLine(['audit', 'verify', id, '--state', place.state]);
    expect(code).toBe(1);
    expect(stdout).toContain('but the log is torn');
  });

  it('finds that the head was taken away', async () => {
    const place = await recorded(recordSome);
    rmSync(`${place.file}.head`);
    const { code, stdout } = await commandLine(['audit', 'verify', id, '--state', place.state, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'broken', reason: expect.stringContaining('.head is missing') });
  });

  it('takes the path of any file of the log, and checkpoints from the environment', async () => {
    const place = auditPlace(testFolder(), 'run-1');
    const checkpoints = join(place.state, 'elsewhere/');
    mkdirSync(checkpoints);
    const log = place.open({ limits: { segmentBytes: 1000 }, checkpoints });
    recordCalls(log, 9);
    await log[Symbol.asyncDispose]();
    const verify = (path: string) =>
      commandLine(['audit', 'verify', path], { env: { WATERFLOW_AUDIT_CHECKPOINTS: checkpoints } });
    for (const path of [place.file, dirname(place.file), join(dirname(place.file), 'audit.1.ndjson')]) {
      const { code, stdout } = await verify(path);
      expect(stdout).toMatch(
        /the chain holds: .*\n {2}over \d+ files\n {2}\d+ checkpoints in .*elsewhere\/ said the same\n/,
      );
      expect(code).toBe(0);
    }
    copyFileSync(join(checkpoints, 'run-1.ndjson'), join(place.state, 'kept'));
    writeFileSync(join(checkpoints, 'run-1.ndjson'), '');
    const { code, stdout } = await verify(place.file);
    expect(code).toBe(1);
    expect(stdout).toContain('nothing elsewhere says so');
  });
});

/** RFC 4180, written apart from what writes it. */
function parseCsv(text: string): string[][] {
  return text
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/gu), ([, quoted, bare]) =>
        quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'),
      ),
    );
}
