import { quote } from '../quote.ts';
import type { Finding, Span } from '../source/report.ts';
import { nearest, soleGuess } from '../suggest.ts';
import type { MappingEntry, MappingNode, TreeNode } from '../tree/node.ts';
import { asMapping, type Reading } from './reading.ts';

/** The keys that one kind of mapping has. */
export interface KeyTable<Key extends string> {
  /** For messages: `a job`. */
  readonly what: string;
  readonly keys: readonly Key[];
  /** Knows a key that belongs somewhere else. */
  readonly elsewhere?: (entry: MappingEntry) => Omit<Finding, 'code'> | undefined;
}

/** The entries of a mapping by key. Keys that aren't known are reported already. */
export interface Fields<Key extends string> {
  readonly mapping: MappingNode;
  readonly get: (key: Key) => MappingEntry | undefined;
  /** True where a key that isn't known was taken for a slip of this one, so that its absence needn't be reported, too. */
  readonly isMisspelt: (key: Key) => boolean;
}

/** What other workflow languages, or habit, call our keys. */
const synonyms: Readonly<Record<string, string>> = {
  after: 'needs',
  args: 'with',
  arguments: 'with',
  command: 'run',
  condition: 'if',
  dependencies: 'needs',
  'depends-on': 'needs',
  environment_variables: 'env',
  group: 'queue',
  inputs: 'with',
  labels: 'queue',
  matrix: 'strategy',
  mutex: 'concurrency',
  params: 'with',
  parameters: 'with',
  queue: 'runs-on',
  reviewers: 'approvers',
  run: 'steps',
  retries: 'retry',
  script: 'run',
  serial: 'batch',
  steps: 'jobs',
  'task-queue': 'runs-on',
  tz: 'timezone',
  timeout: 'timeout-minutes',
  triggers: 'on',
  variables: 'env',
  when: 'if',
  workdir: 'working-directory',
};

/** Keys of GitHub's workflows that have no counterpart, and what to do instead. */
const foreign: Readonly<Record<string, string>> = {
  container: 'Run the step in the container by a node that can, or install what it needs on the agents of the queue.',
  services: 'Start what the steps need in a step, and stop it in one with `if: always()`.',
  'continue-on-error': 'Write it at the steps that may fail; jobs go on after a failed job with `if: always()`.',
};

/** Reads a mapping with fixed keys, and reports every key that it can't have. Undefined where it is no mapping. */
export function readFields<Key extends string>(
  reading: Reading,
  node: TreeNode,
  table: KeyTable<Key>,
): Fields<Key> | undefined {
  const mapping = asMapping(reading, node, {
    subject: table.what,
    remedy: `Write keys below it, one per line; it can have ${listKeys(table.keys)}.`,
  });
  if (mapping === undefined) return undefined;
  const known = new Map<string, MappingEntry>();
  const misspelt = new Set<string>();
  let empty: MappingEntry | undefined;
  for (const entry of mapping.entries) {
    if (table.keys.some((key) => key === entry.key)) {
      known.set(entry.key, entry);
      empty = isEmpty(entry.value) ? entry : undefined;
      continue;
    }
    const elsewhere = table.elsewhere?.(entry);
    const meant = elsewhere === undefined ? meantKey(entry.key, table) : undefined;
    if (meant === undefined && empty !== undefined) {
      // The first of them says it for all, and for the key that lacks them.
      if (known.get(empty.key) === empty) reportIndentation(reading, entry, { table, above: empty });
      known.set(empty.key, { ...empty, value: { kind: 'invalid', span: empty.value.span } });
      continue;
    }
    if (elsewhere !== undefined) {
      reading.report.error(entry.keySpan, { code: 'UNKNOWN_KEY', ...elsewhere });
      continue;
    }
    if (meant !== undefined) misspelt.add(meant);
    reportKey(reading, entry, { table, meant, given: mapping.entries });
  }
  return { mapping, get: (key) => known.get(key), isMisspelt: (key) => misspelt.has(key) };
}

/** A key that a mapping must have and doesn't. */
interface MissingKey<Key extends string> {
  readonly key: Key;
  /** Where it is reported: the key before the mapping. Absent: where the mapping begins. */
  readonly at?: Span;
  readonly message: string;
  readonly remedy: string;
}

/** Reports that a key is missing, unless it is there but for a slip. */
export function reportMissing<Key extends string>(
  reading: Reading,
  { mapping, isMisspelt }: Fields<Key>,
  { key, message, remedy, ...missing }: MissingKey<Key>,
): void {
  if (isMisspelt(key)) return;
  const { start } = mapping.span;
  const at = missing.at ?? { start, end: start + 1 };
  reading.report.error(at, { code: 'MISSING_KEY', message, remedy, within: mapping.span });
}

function isEmpty(node: TreeNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** A key of no meaning after one without a value most likely belongs to that value. */
function reportIndentation(
  reading: Reading,
  entry: MappingEntry,
  { table, above }: { readonly table: KeyTable<string>; readonly above: MappingEntry },
): void {
  reading.report.error(entry.keySpan, {
    code: 'UNKNOWN_KEY',
    message: `${quote(entry.key)} is no key of ${table.what}, and ${quote(above.key)} above it is empty`,
    remedy: `Indent it deeper than ${quote(above.key)} if it belongs to that. Keys here: ${listKeys(table.keys)}.`,
  });
}

interface MisspeltKey {
  readonly table: KeyTable<string>;
  readonly meant: string | undefined;
  /** All entries of the mapping. */
  readonly given: readonly MappingEntry[];
}

function reportKey(reading: Reading, entry: MappingEntry, { table, meant, given }: MisspeltKey): void {
  const list = `Keys here: ${listKeys(table.keys)}.`;
  const instead = Object.hasOwn(foreign, entry.key) ? foreign[entry.key] : undefined;
  reading.report.error(entry.keySpan, {
    code: 'UNKNOWN_KEY',
    message: `${quote(entry.key)} is no key of ${table.what}`,
    remedy: meant === undefined ? (instead ?? list) : `Did you mean ${quote(meant)}? ${list}`,
    ...(meant === undefined || !isRename(entry.key, table) || given.some(({ key }) => key === meant) ? {} : { meant }),
  });
}

/** Words that mean one key of ours and take the same values, so that writing ours is all there is to do. */
const renames: ReadonlySet<string> = new Set([
  'after',
  'condition',
  'dependencies',
  'depends-on',
  'mutex',
  'params',
  'parameters',
  'reviewers',
  'script',
  'serial',
  'tz',
  'variables',
  'when',
  'workdir',
]);

function isRename(key: string, table: KeyTable<string>): boolean {
  if (soleGuess(key, table.keys) !== undefined) return true;
  return renames.has(key.toLowerCase().replaceAll('_', '-'));
}

function meantKey(key: string, table: KeyTable<string>): string | undefined {
  return synonymOf(key, table.keys) ?? nearest(key, table.keys);
}

function synonymOf(key: string, keys: readonly string[]): string | undefined {
  const normal = key.toLowerCase().replaceAll('_', '-');
  const synonym = Object.hasOwn(synonyms, normal) ? synonyms[normal] : undefined;
  return keys.find((candidate) => candidate === synonym);
}

function listKeys(keys: readonly string[]): string {
  return keys.join(', ');
}
