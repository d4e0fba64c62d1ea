import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../engine/port.ts';
import { folderWith, launcher, noticesOf, root, summaryOf, waterflow } from './command.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-e2e-hostile-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const state = join(scratch, 'state');

let output = '';
let summary: RunSummary;
let exitCode: number | null = null;

/** As a user types it in a clone. Its audit log is what the tests below look at. */
beforeAll(() => {
  const argv = [launcher, 'run', 'examples/hostile.yml', '--approve', './examples/plugins/hostile'];
  const ended = spawnSync(process.execPath, [...argv, '--state', state, '--json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  output = ended.stdout;
  summary = summaryOf(ended);
  exitCode = ended.status;
});

const refused = () =>
  noticesOf({ stdout: output }).flatMap((notice) =>
    notice.type === 'host_call' && notice.decision !== 'allowed' ? [notice] : [],
  );

describe('the hostile plugin', () => {
  it('succeeds in nothing, while the run beside it does', () => {
    expect(exitCode).toBe(0);
    expect(summary).toMatchObject({
      status: 'success',
      jobs: {
        asks: { status: 'success', outputs: { escaped: 'false' } },
        'breaks-out': { status: 'success', outputs: { escaped: 'false' } },
        explodes: { status: 'success', outputs: { survived: 'false' } },
        innocent: { status: 'success' },
        verdict: { status: 'success' },
      },
    });
  });

  it.each([
    ['memory', 'OUT_OF_MEMORY'],
    ['loop', 'TIMEOUT'],
    ['recursion', 'TIMEOUT'],
    ['regex', 'TIMEOUT'],
    // A slow machine doesn't get to the last call that is allowed before the deadline.
    ['flood', expect.stringMatching(/^(?:LIMIT_EXCEEDED|TIMEOUT)$/)],
    ['never', 'STEP_FAILED'],
    ['giant', 'OUTPUT_TOO_LARGE'],
  ])('is ended at %s', (step, code) => {
    expect(summary.jobs['explodes']?.steps[step]).toMatchObject({
      outcome: 'failure',
      conclusion: 'success',
      error: { code, message: expect.any(String), remedy: expect.any(String) },
    });
  });

  it.each([
    ['network', 10],
    ['programs', 4],
    ['files', 9],
    ['secrets', 3],
    ['capabilities', 7],
  ])('is refused all that it asks for at %s', (step, count) => {
    const calls = refused().filter((call) => call.job === 'asks' && call.step === step);
    expect(calls).toHaveLength(count);
    expect(summary.jobs['asks']?.steps[step]).toMatchObject({ status: 'success', host_calls: { denied: count } });
    // A call that makes no sense is explained by its rule alone.
    const explained = calls.filter(({ decision, rule, remedy }) => rule && (decision === 'invalid' || remedy));
    expect(explained).toEqual(calls);
  });

  it('is on record with each call that was refused', () => {
    const entries = readFileSync(auditLog(state), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; decision?: string; job?: string; step?: string }); // As the log's format says.
    const recorded = entries.filter((entry) => entry.kind === 'call' && entry.decision !== 'allowed');
    const place = ({ job, step }: { readonly job?: string; readonly step?: string }) => `${job}/${step}`;
    expect(recorded.map(place).sort()).toEqual(refused().map(place).sort());
  });
});

describe('the summary of a run with refused calls', () => {
  it('lists for each step what was refused, by which rule of which layer, and the remedy', async () => {
    const folder = folderWith({
      'asks.yml': `
name: asks
on: manual
jobs:
  asks:
    steps:
      - id: files
        name: Reads and writes files
        uses: ./plugins/hostile
        with: { attempt: files }
      - uses: ./plugins/hostile
        permissions: { fs: [] }
        with: { attempt: programs }
`,
    });
    cpSync(join(root, 'examples', 'plugins'), join(folder, 'plugins'), { recursive: true });
    const { code, stdout } = await waterflow(['run', 'asks.yml', '--state', 'state'], { cwd: folder });
    expect(code).toBe(0);
    const report = stdout.slice(stdout.indexOf('✗ asks / files  Reads and writes files  9 host calls refused'));
    expect(report).toContain('  fs.read  /etc/passwd\n');
    expect(report).toMatch(
      / {2}fs\.write {2}\.git\/hooks\/post-checkout\n(?: {2}.*\n)* {4}refused by: manifest plugin\.yaml:\d+ fs\[0\]\n {4}remedy: /,
    );
    expect(report).toMatch(/✗ asks \/ 1 {2}.*4 host calls refused\n {2}exec\.run {2}bash -c id\n/);
    expect(report).toMatch(/every host call is on record: waterflow audit verify run-\w+ --state state\n/);
  });
});

describe('waterflow audit verify', () => {
  const verify = async (folder: string) => {
    const ended = await waterflow(['audit', 'verify', summary.run, '--state', folder, '--json']);
    // What the command prints with --json.
    return { code: ended.code, verdict: JSON.parse(ended.stdout) as { kind: string; broken_at?: { line: number } } };
  };

  it('says that the chain of the hostile run holds', async () => {
    const { code, stdout } = await waterflow(['audit', 'verify', summary.run, '--state', state]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        new RegExp(`^the chain holds: \\d+ entries of ${summary.run}, \\d+ signed checkpoint`),
      ),
    });
    expect((await waterflow(['audit', 'verify', auditLog(state)])).stdout).toMatch(/^the chain holds/);
  });

  it.each([0, 0.1, 0.37, 0.62, 0.9, 0.9999])(
    'names the entry in which a byte was changed (at %d of the log)',
    async (part) => {
      const folder = copyOfState();
      const bytes = readFileSync(auditLog(folder));
      const at = Math.floor(part * (bytes.length - 1));
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(auditLog(folder), bytes);
      const line = bytes.subarray(0, at).toString('latin1').split('\n').length;
      expect(await verify(folder)).toMatchObject({
        code: 1,
        verdict: { kind: 'broken', broken_at: { line }, reason: expect.any(String) },
      });
      const { code, stdout } = await waterflow(['audit', 'verify', summary.run, '--state', folder]);
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: expect.stringMatching(new RegExp(`^the chain is BROKEN at entry \\d+ \\(line ${line} of `)),
      });
    },
  );

  it('names the entry at which something is missing, is there twice, or was moved', async () => {
    const lines = readFileSync(auditLog(state), 'utf8').split('\n');
    const [first = '', second = ''] = lines.slice(20, 22);
    const changed = {
      missing: lines.toSpliced(20, 1),
      twice: lines.toSpliced(21, 0, first),
      moved: lines.toSpliced(20, 2, second, first),
    };
    const found: Record<string, unknown> = {};
    for (const [how, text] of Object.entries(changed)) {
      const folder = copyOfState();
      writeFileSync(auditLog(folder), text.join('\n'));
      const { code, verdict } = await verify(folder);
      found[how] = [code, verdict.kind, verdict.broken_at?.line];
    }
    expect(found).toEqual({ missing: [1, 'broken', 21], twice: [1, 'broken', 22], moved: [1, 'broken', 21] });
  });

  it('sees that the end was cut off, between two entries or within one', async () => {
    const text = readFileSync(auditLog(state), 'utf8');
    const lines = text.split('\n');
    for (const cut of [
      lines.slice(0, 100).join('\n') + '\n',
      lines.slice(0, -2).join('\n') + '\n',
      text.slice(0, -20),
      '',
    ]) {
      const folder = copyOfState();
      writeFileSync(auditLog(folder), cut);
      const { code, verdict } = await verify(folder);
      expect({ code, kind: verdict.kind }).toEqual({ code: 1, kind: 'broken' });
    }
  });

  it('believes no log that another key signed', async () => {
    const folder = copyOfState();
    const other = folderWith({});
    await waterflow(['run', join(root, 'examples', 'hello.yml'), '--state', other]);
    cpSync(join(other, 'agent-key.pem'), join(folder, 'agent-key.pem'));
    expect(await verify(folder)).toMatchObject({ code: 1, verdict: { kind: 'broken' } });
  });

  it('believes no log of another run', async () => {
    const folder = copyOfState();
    await waterflow(['run', join(root, 'examples', 'hello.yml'), '--state', folder]);
    const other = readdirSync(folder).find((name) => name.startsWith('run-') && name !== summary.run) ?? '';
    for (const name of ['audit.ndjson', 'audit.ndjson.head']) {
      cpSync(join(folder, other, name), join(folder, summary.run, name));
    }
    expect(await verify(folder)).toMatchObject({
      code: 1,
      verdict: { kind: 'broken', reason: `this is the log of ${other}, not of ${summary.run}` },
    });
  });

  it("of a run that isn't there is an error", async () => {
    const ended = await waterflow(['audit', 'verify', `run-${'0'.repeat(26)}`, '--state', state, '--json']);
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ code: 'FILE_NOT_READABLE', remedy: expect.any(String) });
  });
});

function auditLog(folder: string): string {
  return join(folder, summary.run, 'audit.ndjson');
}

function copyOfState(): string {
  const folder = folderWith({});
  cpSync(state, folder, { recursive: true });
  return folder;
}
