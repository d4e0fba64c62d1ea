import { isJsonObject, type JsonObject, parseSize } from '../../../schemas/index.ts';
import type { Check } from '../capability.ts';
import { oneOrMoreTexts } from '../entry-parts.ts';
import { isUndecided, matchBudgetOf, undecided } from '../match-budget.ts';
import { refusal } from '../refusal.ts';
import { type PathPattern, parsePathPattern, quotePathAfter } from './glob.ts';
import { splitPath } from './path.ts';

/** One entry: what may be read and written, and how much. */
export interface FsRule {
  readonly read: readonly PathPattern[];
  readonly write: readonly PathPattern[];
  readonly quota_bytes: number | undefined;
  readonly quota_files: number | undefined;
}

/** What holds for one call. */
export interface FsEffective {
  /** Bytes that the invocation may write in all, this call's included. */
  readonly quota_bytes: number;
  /** Files, folders and links that it may write in all. */
  readonly quota_files: number;
}

/** What a call needs of one path. `list` is met by a pattern that could match something below the path too. */
export interface FsDemand {
  readonly access: 'read' | 'write' | 'list';
  readonly path: string;
}

/** Where no entry says `quota`: enough for builds and downloads, and no full disk by accident. */
const defaultQuotaBytes: number = 4 * 1024 ** 3;
/** The same for files: a file system has only so many inodes. */
const defaultQuotaFiles = 200_000;

/** The form of an entry, for the check and for the documentation. */
export const fsEntrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  anyOf: [{ required: ['read'] }, { required: ['write'] }],
  properties: {
    read: { ...oneOrMoreTexts, description: 'Workspace paths that may be read: `src/**`, `*.json`.' },
    write: { ...oneOrMoreTexts, description: 'Workspace paths that may be made, changed and removed.' },
    quota: {
      oneOf: [
        { type: 'string' },
        {
          type: 'object',
          additionalProperties: false,
          minProperties: 1,
          properties: {
            bytes: { type: 'string', description: 'Bytes: `100MiB`. Default 4GiB.' },
            files: { type: 'integer', minimum: 0, description: 'Files, folders and links. Default 200000.' },
          },
        },
      ],
      description: 'What one invocation may write: bytes (`100MiB`), or `{ bytes, files }`.',
    },
  },
};

/** A checked entry to a rule. */
export function parseFsEntry(entry: JsonObject): { readonly rule: FsRule } | { readonly problem: string } {
  const read = parsePatterns(entry['read']);
  if ('problem' in read) return read;
  const write = parsePatterns(entry['write']);
  if ('problem' in write) return write;
  const quota = parseQuota(entry['quota']);
  if ('problem' in quota) return quota;
  return { rule: { read: read.patterns, write: write.patterns, ...quota } };
}

/** A substituted value is a path, so its pattern characters are escaped; it names one thing and never leaves the workspace. */
export function quoteFsText(
  text: string,
  path: readonly string[],
  before: string,
): { readonly text: string } | { readonly problem: string } {
  return path[0] === 'quota' ? { text } : quotePathAfter(before, text);
}

/** The least quota; the default where none says one. */
export function narrowFsRules(rules: readonly FsRule[]): FsEffective {
  const least = (quotas: readonly number[], otherwise: number): number =>
    quotas.length === 0 ? otherwise : Math.min(...quotas);
  return {
    quota_bytes: least(
      rules.flatMap((rule) => rule.quota_bytes ?? []),
      defaultQuotaBytes,
    ),
    quota_files: least(
      rules.flatMap((rule) => rule.quota_files ?? []),
      defaultQuotaFiles,
    ),
  };
}

/** A rule in words, as `grants explain` prints it. */
export function explainFsRule(rule: FsRule): string {
  const list = (found: readonly PathPattern[]): string => found.map((pattern) => `\`${pattern.text}\``).join(', ');
  const parts = [
    ...(rule.read.length > 0 ? [`read ${list(rule.read)}`] : []),
    ...(rule.write.length > 0 ? [`write ${list(rule.write)}`] : []),
    ...(rule.quota_bytes === undefined ? [] : [`at most ${rule.quota_bytes} bytes written`]),
    ...(rule.quota_files === undefined ? [] : [`at most ${rule.quota_files} files written`]),
  ];
  return `${parts.join('; ')} in the workspace`;
}

/** A policy may have hundreds of rules, each of which is asked about the same path. */
const splitPaths = new WeakMap<FsDemand, ReturnType<typeof splitPath>>();

function pathOf(demand: FsDemand): ReturnType<typeof splitPath> {
  const split = splitPaths.get(demand) ?? splitPath(demand.path);
  splitPaths.set(demand, split);
  return split;
}

/** Whether one rule meets one demand. */
export function checkFsDemand(rule: FsRule, demand: FsDemand): Check {
  const path = pathOf(demand);
  if ('problem' in path) return { matches: false, why: path.problem, remedy: 'Name a path inside the workspace.' };
  const granted = demand.access === 'write' ? rule.write : rule.read;
  const budget = matchBudgetOf(demand);
  const matches = granted.some((pattern) =>
    demand.access === 'list' ? pattern.reaches(path.names, budget) : pattern.matches(path.names, budget),
  );
  if (matches) return { matches };
  if (isUndecided(demand)) return undecided;
  return refusal(() => {
    const verb = demand.access === 'write' ? 'write' : 'read';
    const instead =
      granted.length === 0 ? 'nothing' : `only ${granted.map((pattern) => `\`${pattern.text}\``).join(', ')}`;
    return `it lets the plugin ${verb} ${instead}, not \`${demand.path}\``;
  });
}

/** What denies a file below a folder doesn't deny looking into the folder. What can't be decided is denied. */
export function fsRuleDenies(rule: FsRule, demand: FsDemand): boolean {
  const path = pathOf(demand);
  const denied = demand.access === 'write' ? rule.write : rule.read;
  if ('problem' in path) return false;
  const budget = matchBudgetOf(demand);
  return denied.some((pattern) => pattern.matches(path.names, budget)) || (denied.length > 0 && isUndecided(demand));
}

function parseQuota(
  quota: JsonObject[string] | undefined,
): Pick<FsRule, 'quota_bytes' | 'quota_files'> | { readonly problem: string } {
  const { bytes, files } = isJsonObject(quota) ? quota : { bytes: quota, files: undefined };
  const quotaBytes = typeof bytes === 'string' ? parseSize(bytes) : undefined;
  if (bytes !== undefined && quotaBytes === undefined)
    return { problem: `quota: ${JSON.stringify(bytes)} is no size such as 100MiB` };
  return { quota_bytes: quotaBytes, quota_files: typeof files === 'number' ? files : undefined };
}

function parsePatterns(
  given: JsonObject[string] | undefined,
): { readonly patterns: readonly PathPattern[] } | { readonly problem: string } {
  const texts = given === undefined ? [] : Array.isArray(given) ? given : [given];
  const patterns: PathPattern[] = [];
  for (const text of texts) {
    const parsed = parsePathPattern(String(text));
    if ('problem' in parsed) return parsed;
    patterns.push(parsed.pattern);
  }
  return { patterns };
}
