import { execFileSync } from 'node:child_process';
import {
  chownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mountSmallDisk } from '../storage/contract/small-disk.ts';
import { type Ended, folderWith, type RunningCommand, start, summaryOf, waterflow } from './command.ts';

const workflow = `
name: waits
on: manual
jobs:
  work:
    outputs: { sent: "\${{ toJSON(steps.go.outputs.payload) }}" }
    steps:
      - { id: review, uses: approval@v1 }
      - { id: go, uses: wait-for@v1, with: { signal: go } }
      - run: echo gone
`;

/** A run that waits for its approval, with its folder of state. */
async function waitingRun(options: { readonly state?: string } = {}) {
  const folder = folderWith({ 'w.yml': workflow });
  const state = options.state ?? join(folder, 'state');
  const command = (...argv: readonly string[]): Promise<Ended> =>
    waterflow([...argv, '--state', state], { cwd: folder });
  const run: RunningCommand = start(['run', 'w.yml', '--json', '--state', state], { cwd: folder });
  await run.saying('"type":"awaiting"');
  const [name = 'no run'] = readdirSync(state).filter((one) => one.startsWith('run-'));
  return { folder, state, command, run, runFolder: join(state, name) };
}

async function killed(run: RunningCommand): Promise<void> {
  run.kill('SIGKILL');
  await run.ended;
}

const approve = (by: string) => ['approve', 'latest', '--by', by];
const codesOf = (ended: readonly Ended[]) =>
  ended.map(({ code }) => Number(code)).toSorted((one, other) => one - other);

describe('processes that want the same run at once', () => {
  it('let one of those that resume it have it, and tell the others who has it', async () => {
    const { command, run, folder, state } = await waitingRun();
    await killed(run);
    const resuming = [1, 2, 3].map(() =>
      start(['run', '--resume', 'latest', '--json', '--state', state], { cwd: folder }),
    );
    const over = (): number => resuming.filter(({ child }) => child.exitCode !== null).length;
    await expect.poll(over).toBe(2);
    await command(...approve('ada'));
    await expect.poll(async () => (await command('signal', 'latest', 'go')).code).toBe(0);
    const ended = await Promise.all(resuming.map((one) => one.ended));
    expect(codesOf(ended)).toEqual([0, 3, 3]);
    expect(ended.filter(({ code }) => code === 3).every(({ stdout }) => stdout.includes('RUN_LOCKED'))).toBe(true);
  });

  it.each(['driven', 'not driven'] as const)('decide it once where it is %s', async (how) => {
    const { command, run } = await waitingRun();
    if (how === 'not driven') await killed(run);
    const deciding = await Promise.all(['ada', 'eve', 'bob', 'dan'].map((by) => command(...approve(by))));
    expect(codesOf(deciding)).toEqual([0, 2, 2, 2]);
    expect(deciding.every(({ code, stderr }) => code === 0 || stderr.includes('SIGNAL_REFUSED'))).toBe(true);
    if (how === 'driven') await run.saying('"name":"go"');
    const operations = [['pause'], ['cancel'], ['signal']].map(([verb = '']) =>
      command(verb, 'latest', ...(verb === 'signal' ? ['go'] : [])),
    );
    const done = await Promise.all(operations);
    expect(done.map(({ code }) => code).filter((code) => code !== 0 && code !== 2)).toEqual([]);
    const end = how === 'driven' ? await run.ended : await command('run', '--resume', 'latest', '--json');
    expect(['cancelled', 'success']).toContain(summaryOf(end).status);
  });
});

describe('an inbox in which somebody else wrote', () => {
  it('is read for requests of its user alone, and the run goes on', async () => {
    const { command, run, runFolder } = await waitingRun();
    const inbox = join(runFolder, 'inbox');
    const letter = (operation: unknown) =>
      JSON.stringify({ expires_at: Date.now() + 600_000, content: { version: 1, operation } });
    const put = (name: string, make: (path: string) => void): void => {
      make(join(runFolder, 'draft'));
      renameSync(join(runFolder, 'draft'), join(inbox, name));
    };
    const cancel = letter({ kind: 'cancel', by: 'mallory' });
    put('01.request', (path) => writeFileSync(path, 'no letter'));
    put('02.request', (path) => writeFileSync(path, Buffer.alloc(3_000_000)));
    writeFileSync(join(runFolder, 'elsewhere'), cancel);
    put('03.request', (path) => symlinkSync(join(runFolder, 'elsewhere'), path));
    put('04.request', (path) => {
      mkdirSync(path);
      writeFileSync(join(path, 'x'), '');
    });
    put('05.request', (path) => execFileSync('mkfifo', [path]));
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    put('06.request', (path) =>
      writeFileSync(
        path,
        letter({ kind: 'signal', signal: { name: 'x', by: 'x', payload: 0 } }).replace(':0}', `:${deep}}`),
      ),
    );
    if (process.getuid?.() === 0) {
      put('07.request', (path) => {
        writeFileSync(path, cancel);
        chownSync(path, 12_345, 12_345);
      });
    }
    put('08.request', (path) => writeFileSync(path, letter({ kind: 'reboot' })));
    put('09.txt', (path) => writeFileSync(path, cancel));
    expect((await command(...approve('ada'))).code).toBe(0);
    expect((await command('signal', 'latest', 'go', '--payload', '1')).code).toBe(0);
    expect(summaryOf(await run.ended)).toMatchObject({ status: 'success' });
    expect(readdirSync(inbox).filter((name) => name.endsWith('.request'))).toEqual([]);
  });
});

describe('a payload that no run may take', () => {
  it.each([
    ['deep', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'nested deeper'],
    ['large', JSON.stringify('x'.repeat(2_000_000)), 'bytes'],
  ])('is refused at once: %s', async (_, payload, reason) => {
    const { command, run, folder } = await waitingRun();
    await command(...approve('ada'));
    await run.saying('"name":"go"');
    writeFileSync(join(folder, 'payload'), payload);
    const sent = await command('signal', 'latest', 'go', '--payload-file', join(folder, 'payload'));
    expect({ code: sent.code, stderr: sent.stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(new RegExp(`SIGNAL_REFUSED.*${reason}`)),
    });
    await command('signal', 'latest', 'go');
    expect(summaryOf(await run.ended).status).toBe('success');
  });
});

const small = mountSmallDisk({ bytes: 6 * 1024 * 1024 });
afterAll(() => small?.[Symbol.dispose]());

describe.skipIf(small === undefined)('a full disk (needs root, to mount a small one)', () => {
  it('keeps a signal from being taken, and the run from nothing else', async () => {
    const disk = small?.folder ?? '';
    const { command, run } = await waitingRun({ state: join(disk, 'state') });
    const ballast = join(disk, 'ballast');
    expect(() => writeFileSync(ballast, Buffer.alloc(8 * 1024 * 1024))).toThrow('ENOSPC');
    const refused = await command(...approve('ada'));
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('STORAGE_FULL') });
    await killed(run);
    const undriven = await command(...approve('ada'));
    expect(undriven.code).toBe(3);
    rmSync(ballast);
    expect((await command(...approve('ada'))).code).toBe(0);
    expect((await command('signal', 'latest', 'go', '--payload', '7')).code).toBe(0);
    const ended = await command('run', '--resume', 'latest', '--json');
    expect(summaryOf(ended)).toMatchObject({ status: 'success', jobs: { work: { outputs: { sent: '7' } } } });
  });
});

describe('a run', () => {
  it('goes on in a folder with a long name and blanks in it', async () => {
    const folder = folderWith({});
    const state = join(folder, 'a b', 'x'.repeat(200), 'ü y "z" $HOME'.repeat(4));
    const { command, run } = await waitingRun({ state });
    await killed(run);
    await command(...approve('ada'));
    const resumed = start(['run', '--resume', 'latest', '--json', '--state', state]);
    await resumed.saying('"name":"go"');
    expect((await command('signal', 'latest', 'go')).code).toBe(0);
    expect(summaryOf(await resumed.ended).status).toBe('success');
    expect((await command('audit', 'verify', 'latest')).code).toBe(0);
  });

  it('can be resumed after its terminal was closed', async () => {
    const { command, run } = await waitingRun();
    run.kill('SIGHUP');
    await run.ended;
    await command(...approve('ada'));
    await command('signal', 'latest', 'go');
    expect(summaryOf(await command('run', '--resume', 'latest', '--json')).status).toBe('success');
  });

  it('whose journal was cut in the middle of an entry is not gone on with, and says so', async () => {
    const { command, run, runFolder } = await waitingRun();
    await killed(run);
    const written = join(runFolder, 'journal.sqlite-wal');
    truncateSync(written, statSync(written).size - 100);
    const resumed = await command('run', '--resume', 'latest', '--json');
    expect(resumed).toMatchObject({ code: 3, stdout: expect.stringContaining('JOURNAL_BROKEN') });
  });
});
