import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ComparisonRecord, IdleRecord, Machine, PerformanceRecord } from './record.ts';

/** Where records lie, one file each, named by its time and its kind. */
export const historyFolder: string = join(import.meta.dirname, '..', 'history');

const formatVersion = 1;

/** What the page is made of: the newest record of each kind, and all comparisons, the newest first. */
export interface History {
  readonly comparisons: readonly ComparisonRecord[];
  readonly idle: IdleRecord | undefined;
}

/** All records of a folder. Throws where a file is of another version, or no record. */
export function readHistory(folder: string = historyFolder): History {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const records = names.map((name) => parseRecord(readFileSync(join(folder, name), 'utf8'), name));
  const newest = records.toSorted((left, right) => right.at.localeCompare(left.at));
  return {
    comparisons: newest.filter((record) => record.kind === 'comparison'),
    idle: newest.find((record) => record.kind === 'idle'),
  };
}

/** Writes a record, one line for each contestant's samples; the path of the file. */
export function writeRecord(record: PerformanceRecord, folder: string = historyFolder): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${record.at.slice(0, 19).replaceAll(':', '')}Z-${record.kind}.json`);
  writeFileSync(file, recordText(record));
  return file;
}

/** Who made a record, and on what, but for the load after the last sample. */
export function originOf(root: string): Omit<ComparisonRecord, 'kind' | 'contestants' | 'absent' | 'measured'> {
  const git = (...argv: readonly string[]): string => execFileSync('git', argv, { cwd: root, encoding: 'utf8' }).trim();
  // What the harness itself writes is no change of what it measures.
  const changes = git(
    'status',
    '--porcelain',
    '--',
    '.',
    ':!bench/history',
    ':!docs/performance',
    ':!docs/performance.md',
  );
  return {
    version: formatVersion,
    at: new Date().toISOString(),
    commit: git('rev-parse', '--short=12', 'HEAD'),
    modified: changes !== '',
    machine: describe(),
  };
}

/** The same origin, with the load as it is now for that after the last sample. */
export function endedNow<Origin extends { readonly machine: Machine }>(origin: Origin): Origin {
  return { ...origin, machine: { ...origin.machine, load_after: load() } };
}

function describe(): Machine {
  return {
    processors: availableParallelism(),
    model: cpus()[0]?.model ?? process.arch,
    memory_gib: Math.round(totalmem() / 1024 ** 3),
    os: `${process.platform} ${release().split('-')[0]}`,
    node: process.version.slice(1),
    load_before: load(),
    load_after: [],
  };
}

function load(): readonly number[] {
  return loadavg().map((average) => Number(average.toFixed(1)));
}

function parseRecord(text: string, name: string): PerformanceRecord {
  const { version } = JSON.parse(text) as { readonly version?: unknown };
  if (version !== formatVersion) throw new Error(`bench/history/${name} is no record of version ${formatVersion}`);
  return JSON.parse(text) as PerformanceRecord; // Written by writeRecord(), as that version has it.
}

/** JSON whose lists of numbers each stand on one line. */
function recordText(record: PerformanceRecord): string {
  const text = JSON.stringify(record, null, 2).replaceAll(/\[[\d\s.,-]*\]/gu, (list) =>
    list.replaceAll(/\s+/gu, ' ').replaceAll(/\[ | \]/gu, (edge) => edge.trim()),
  );
  return `${text}\n`;
}
