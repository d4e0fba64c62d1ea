import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../../e2e/command.ts';
import { type AbsolutePath, WaterflowFailure, type WaterflowError } from '../../schemas/index.ts';
import { openRecords } from '../../storage/records/index.ts';
import { commandLine } from '../testing/terminal.ts';
import { restoreBackup, verifyBackup } from './restore.ts';
import { writeBackup } from './write.ts';

const run = 'run-01m8nga3gdtqpfpsen663z4zaa';
const script = fileURLToPath(new URL('./testing/killed.ts', import.meta.url));

/** A state folder as a server that was killed leaves it: commits of its database lie in the WAL alone. */
async function stateFolderWithRun(): Promise<AbsolutePath> {
  const state = join(folderWith({}), 'state') as AbsolutePath; // Temporary folders are absolute.
  await (await openRecords({ file: join(state, 'server.sqlite') }))[Symbol.asyncDispose]();
  for (const folder of [
    'blobs/incoming',
    '.cache/waterflow/node',
    `${run}/temp/1`,
    `${run}/work/1/temp`,
    `${run}/inbox`,
  ]) {
    mkdirSync(join(state, folder), { recursive: true, mode: 0o700 });
  }
  const files = {
    'agent-key.pem': 'a key',
    '.cache/waterflow/node/compiled': 'code',
    'blobs/incoming/half': 'half',
    [`${run}/journal.head`]: 'head',
    [`${run}/audit.ndjson`]: '{}\n',
    [`${run}/owner`]: '1\n',
    [`${run}/temp/1/secret`]: 'a secret',
    [`${run}/work/1/temp/result`]: 'of a step',
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(state, path), text, { mode: 0o600 });
  symlinkSync('/etc/hostname', join(state, run, 'work/1/link'));
  return state;
}

const backUp = (state: AbsolutePath, out: string) =>
  writeBackup({ state, out, version: '1.2.3', now: 0, keys: 'included' });
const restore = (file: string, state: string, present: 'refused' | 'set aside' = 'refused') =>
  restoreBackup({ file, state: state as AbsolutePath, present, now: 0 }); // As above.

async function errorOf(doing: Promise<unknown>): Promise<WaterflowError> {
  const cause = await doing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (cause instanceof WaterflowFailure) return cause.error;
  throw new Error('it was accepted', { cause });
}

describe('a backup', () => {
  it('has what lies in a state folder, but for what is one process’s own', async () => {
    const state = await stateFolderWithRun();
    const out = join(state, '..', 'a.tar.gz');
    const { manifest } = await backUp(state, out);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(state, '..')).toSorted()).toEqual(['a.tar.gz', 'state']);
    expect(manifest.records).toEqual({ form: expect.any(Number), runs: 0, unfinished: [] });
    expect(manifest.keys).toEqual({ included: ['agent-key.pem'], left_out: [] });
    const target = join(folderWith({}), 'new');
    await restore(out, target);
    const paths = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
    expect(paths(target).filter((path) => !path.endsWith('-lock.sqlite'))).toEqual(
      ['agent-key.pem', 'blobs', 'blobs/incoming', 'server.sqlite', run]
        .concat(
          [
            'audit.ndjson',
            'inbox',
            'journal.head',
            'temp',
            'work',
            'work/1',
            'work/1/link',
            'work/1/temp',
            'work/1/temp/result',
          ].map((path) => `${run}/${path}`),
        )
        .toSorted(),
    );
    expect(readFileSync(join(target, run, 'work/1/temp/result'), 'utf8')).toBe('of a step');
    expect(readlinkSync(join(target, run, 'work/1/link'))).toBe('/etc/hostname');
    expect(lstatSync(join(target, 'agent-key.pem')).mode & 0o777).toBe(0o600);
  });

  it('takes for lost what had begun here and has no folder, and not what goes on in Temporal', async () => {
    const state = join(folderWith({}), 'state') as AbsolutePath; // As above.
    mkdirSync(state);
    const database = new DatabaseSync(join(state, 'server.sqlite'));
    database.exec(`CREATE TABLE waterflow_migrations (number INTEGER); INSERT INTO waterflow_migrations VALUES (1);
      CREATE TABLE runs (run TEXT, status TEXT);
      INSERT INTO runs VALUES ('run-a', 'running'), ('run-b', 'waiting'), ('run-c', 'queued'), ('run-d', 'success');
      CREATE TABLE projected_runs (run TEXT); INSERT INTO projected_runs VALUES ('run-b'), ('run-d');`);
    database.close();
    const out = join(state, '..', 'a.tar.gz');
    await backUp(state, out);
    const { code, stdout } = await commandLine(['restore', out, '--state', 'new'], { cwd: folderWith({}) });
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('run-a is lost'),
    });
    expect(stdout).not.toContain('run-b is lost');
    expect(stdout).toContain('of these, 1 run went on in Temporal');
  });

  it('has what is committed, also where it lies in a WAL that somebody goes on to write', async () => {
    const state = await stateFolderWithRun();
    const writer = new DatabaseSync(join(state, 'store.sqlite'));
    writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)');
    writer.exec('BEGIN; INSERT INTO t VALUES (2)');
    const out = join(state, '..', 'a.tar.gz');
    await backUp(state, out);
    writer.exec('COMMIT');
    writer.close();
    const target = join(folderWith({}), 'new');
    await restore(out, target);
    const restored = new DatabaseSync(join(target, 'store.sqlite'));
    expect(
      restored
        .prepare('SELECT n FROM t')
        .all()
        .map(({ n }) => n),
    ).toEqual([1]);
    expect(restored.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    restored.close();
  });

  it('takes no other file’s place, and no place that is in use', async () => {
    const state = await stateFolderWithRun();
    const out = join(state, '..', 'a.tar.gz');
    await backUp(state, out);
    expect(await errorOf(backUp(state, out))).toMatchObject({ code: 'CONFLICT' });
    expect(await errorOf(restore(out, state))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('not empty'),
    });
    writeFileSync(join(state, 'mine'), 'mine');
    const { setAside } = await restore(out, state, 'set aside');
    expect(readFileSync(join(String(setAside), 'mine'), 'utf8')).toBe('mine');
    expect(existsSync(join(state, 'mine'))).toBe(false);
    expect(existsSync(join(state, 'server.sqlite'))).toBe(true);
  });

  it.skipIf(process.getuid?.() !== 0)('belongs, restored by root, to whom the folder belongs', async () => {
    const state = await stateFolderWithRun();
    const out = join(state, '..', 'a.tar.gz');
    await backUp(state, out);
    const service = 4321;
    chownSync(state, service, service);
    const { setAside } = await restore(out, state, 'set aside');
    // What is set aside stays whose it was.
    const restored = readdirSync(state, { recursive: true, encoding: 'utf8' }).map((name) => join(state, name));
    const others = restored.filter((path) => !path.startsWith(`${setAside}/`) && lstatSync(path).uid !== service);
    expect(others).toEqual([]);
    expect(restored).toContain(join(state, 'agent-key.pem'));
    expect(statSync('/etc/hostname').uid).toBe(0);
  });

  it('leaves keys out where that is asked for, and says so', async () => {
    const state = await stateFolderWithRun();
    const out = join(state, '..', 'a.tar.gz');
    const argv = ['backup', '--state', state, '--out', out, '--no-keys'];
    const made = await commandLine(argv);
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/private keys are not in it.*agent-key\.pem/u),
    });
    const verified = await commandLine(['backup', 'verify', out, '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ runs: 0, keys: { included: [], left_out: ['agent-key.pem'] } });
    const restored = await commandLine(['restore', out, '--state', join(state, '..', 'new')]);
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('have to be put in place') });
  });
});

/** What gzip makes of it; undefined where it refuses. */
function unpacked(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}

describe('a backup that is not as it was written', () => {
  it('is refused wherever one of its bytes is another one', async () => {
    const state = await stateFolderWithRun();
    const out = join(state, '..', 'a.tar.gz');
    await backUp(state, out);
    const whole = readFileSync(out);
    let refused = 0;
    for (let at = 0; at < 12; at += 1) {
      const damaged = Buffer.from(whole);
      const place = Math.floor((whole.length * (at + 0.5)) / 12);
      damaged[place] = (damaged[place] ?? 0) ^ 0x10;
      writeFileSync(`${out}.${at}`, damaged);
      // Some bits of gzip mean nothing.
      if (unpacked(damaged)?.equals(gunzipSync(whole)) === true) continue;
      expect(await errorOf(verifyBackup(`${out}.${at}`))).toMatchObject({ code: 'BACKUP_BROKEN' });
      refused += 1;
    }
    expect(refused).toBeGreaterThan(6);
    writeFileSync(`${out}.cut`, whole.subarray(0, whole.length / 2));
    const target = join(state, '..', 'new');
    expect(await errorOf(restore(`${out}.cut`, target))).toMatchObject({
      code: 'BACKUP_BROKEN',
      message: expect.stringContaining('unexpected end of file'),
    });
    expect(readdirSync(target).filter((name) => !name.endsWith('-lock.sqlite'))).toEqual([]);
    expect(await errorOf(verifyBackup(join(state, 'no-such-file')))).toMatchObject({ code: 'FILE_NOT_READABLE' });
  });

  it.each(['state/../../out', '/out', 'state//out', 'state/./out', 'out'])(
    'is refused with an entry %j',
    async (name) => {
      const state = await stateFolderWithRun();
      const out = join(state, '..', 'a.tar.gz');
      await backUp(state, out);
      const tar = gunzipSync(readFileSync(out));
      const other = pack();
      other.entry({ name, size: 1, mode: 0o600 }, 'x');
      other.finalize();
      const chunks: Buffer[] = [];
      for await (const chunk of other) chunks.push(chunk as Buffer); // What tar-stream gives.
      // Behind the header, whose content takes one block.
      const forged = Buffer.concat([
        tar.subarray(0, 1024),
        Buffer.concat(chunks).subarray(0, 1024),
        tar.subarray(1024),
      ]);
      writeFileSync(`${out}.forged`, gzipSync(forged));
      const target = join(state, '..', 'new');
      expect(await errorOf(restore(`${out}.forged`, target))).toMatchObject({ code: 'BACKUP_BROKEN' });
      expect(existsSync(join(state, '..', 'out'))).toBe(false);
    },
  );

  it('is refused where a newer version made it, or its records', async () => {
    const state = await stateFolderWithRun();
    const records = new DatabaseSync(join(state, 'server.sqlite'));
    records.exec("INSERT INTO waterflow_migrations VALUES (9999, 'from the future', 0)");
    records.close();
    const out = join(state, '..', 'a.tar.gz');
    await backUp(state, out);
    expect(await errorOf(restore(out, join(state, '..', 'new')))).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('form 9999'),
    });
  });
});

/** Backs up or restores in a process of its own, which is killed at its n-th step; says whether it got that far. */
async function killed(argv: readonly string[], at: number): Promise<boolean> {
  const child = spawn(process.execPath, [script, ...argv, String(at)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code, signal] = await once(child, 'close');
  expect([code, signal]).toEqual(signal === 'SIGKILL' ? [null, 'SIGKILL'] : [0, null]);
  return signal === 'SIGKILL';
}

describe('what is killed', () => {
  it('leaves a whole backup or none', async () => {
    const state = await stateFolderWithRun();
    const out = join(state, '..', 'a.tar.gz');
    let times = 0;
    for (let at = 1; await killed(['backup', state, out], at); at += 5) {
      times += 1;
      if (existsSync(out)) execFileSync('rm', [out]);
    }
    expect(times).toBeGreaterThan(2);
    await verifyBackup(out);
    expect(readdirSync(join(state, '..')).toSorted()).toEqual(['a.tar.gz', 'state']);
  });

  it('leaves a state folder with which nothing starts until it is restored', async () => {
    const state = await stateFolderWithRun();
    const out = join(state, '..', 'a.tar.gz');
    await backUp(state, out);
    const target = join(state, '..', 'new');
    mkdirSync(target);
    writeFileSync(join(target, 'mine'), 'mine');
    let times = 0;
    for (let at = 3; await killed(['restore', out, target], at); at += 4) {
      times += 1;
      const started = await commandLine(['migrate', '--state', target]);
      expect(started).toMatchObject({ code: 2, stderr: expect.stringContaining('that was cut off') });
    }
    expect(times).toBeGreaterThan(1);
    expect(await commandLine(['migrate', '--state', target])).toMatchObject({ code: 0 });
    const all = readdirSync(target, { recursive: true, encoding: 'utf8' });
    expect(all.filter((path) => path.endsWith('/mine'))).toHaveLength(1);
  });
});
