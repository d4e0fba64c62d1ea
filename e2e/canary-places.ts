/** Everything that servers, agents and Temporal write, show or answer, as bytes that can be searched. */
import { spawnSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { tracesOf } from './canary-search.ts';

/** Bytes, and where they were found. */
export interface Place {
  readonly where: string;
  readonly bytes: Buffer;
}

/** What stands where: `where: form`, a line each. */
export function found(text: string, places: readonly Place[]): readonly string[] {
  return places.flatMap(({ where, bytes }) => tracesOf(text, bytes).map((trace) => `${where}: ${trace}`));
}

/** Every file below a folder, and the rows of those that are databases: what spans two pages stands in no piece in the file. */
export function filesIn(name: string, folder: string): readonly Place[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => ({ where: `${name}/${path}`, path: join(folder, path) }))
    .filter(({ path }) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .flatMap(({ where, path }) => {
      const bytes = readFileSync(path);
      return bytes.subarray(0, sqliteHead.length).equals(sqliteHead)
        ? [
            { where, bytes },
            { where: `${where}, rows`, bytes: rowsOf(path) },
          ]
        : [{ where, bytes }];
    });
}

/** What Temporal keeps: its database, and for each workflow its history as somebody exports it. */
export function keptByTemporal({ databaseFile, address }: TestTemporal, namespace: string): readonly Place[] {
  return [...filesIn('temporal', dirname(databaseFile)), ...exportedBy(address, namespace)];
}

/** What a database of PostgreSQL holds, as it is dumped, and its binary values, which a dump shows as digits. */
export function dumpOf(url: string): readonly Place[] {
  const dump = globSync('/usr/lib/postgresql/*/bin/pg_dump').sort().at(-1) ?? 'pg_dump';
  const { status, stdout, stderr } = spawnSync(dump, [url], { maxBuffer: 1 << 28, timeout: 60_000 });
  if (status !== 0) throw new Error(`pg_dump: ${stderr.toString()}`);
  const binary = stdout.toString('latin1').match(/(?<=\\x)(?:[0-9a-f]{2})+/gu) ?? [];
  return [
    { where: 'postgresql', bytes: stdout },
    { where: 'postgresql, binary', bytes: Buffer.concat(binary.map((digits) => Buffer.from(digits, 'hex'))) },
  ];
}

/** All workflows as the command of Temporal shows them: ids, search attributes and memo, histories. */
export function exportedBy(address: string, namespace: string): readonly Place[] {
  const ask = (...argv: readonly string[]): Buffer => {
    const where = ['--address', address, '--namespace', namespace, '--output', 'json'];
    const options = { maxBuffer: 1 << 28, timeout: 60_000 };
    const { status, stdout, stderr } = spawnSync(temporalCommand(), ['workflow', ...argv, ...where], options);
    if (status !== 0) throw new Error(`temporal workflow ${argv.join(' ')}: ${stderr.toString()}`);
    return stdout;
  };
  const list = ask('list');
  // As the command prints them.
  const listed = JSON.parse(list.toString()) as readonly {
    readonly execution: Record<'workflowId' | 'runId', string>;
  }[];
  if (listed.length === 0) throw new Error('Temporal lists no workflows');
  const shown = listed.flatMap(({ execution: { workflowId, runId } }) => {
    const of = ['--workflow-id', workflowId, '--run-id', runId];
    return ['show', 'describe'].map((what) => ({
      where: `temporal workflow ${what} ${workflowId}`,
      bytes: ask(what, ...of),
    }));
  });
  return [{ where: 'temporal workflow list', bytes: list }, ...shown];
}

/** The command of Temporal that tests use. */
export function temporalCommand(): string {
  return process.env['WATERFLOW_TEMPORAL'] ?? 'temporal';
}

/** Command lines and environments of a process and all below it, as they are now. */
export function processesBelow(name: string, pid: number): readonly Place[] {
  const own = ['cmdline', 'environ'].flatMap((file) => {
    const bytes = attempt(() => readFileSync(`/proc/${pid}/${file}`));
    return bytes === undefined ? [] : [{ where: `${file} of ${name} (${pid})`, bytes }];
  });
  return [...own, ...childrenOf(pid).flatMap((child) => processesBelow(`a process of ${name}`, child))];
}

function childrenOf(pid: number): readonly number[] {
  const threads = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) => {
    const text = attempt(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')) ?? '';
    return text.split(' ').filter(Boolean).map(Number);
  });
}

const sqliteHead = Buffer.from('SQLite format 3\0');

/** All values of all tables, one after the other. */
function rowsOf(file: string): Buffer {
  using database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const values = tables.flatMap(({ name }) => {
    const rows = database.prepare(`SELECT * FROM "${String(name)}"`);
    rows.setReadBigInts(true);
    return rows.all().flatMap((row) => Object.values(row));
  });
  return Buffer.concat(
    values.flatMap((value) => [
      value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)),
      Buffer.from('\n'),
    ]),
  );
}

/** Processes come and go. */
function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
