import { stringify } from 'yaml';
import { isJsonList, isJsonObject, type JsonObject } from '../../../schemas/index.ts';
import type { LearnedEntry, LearnedPlugin, LearnedPolicy } from './learn.ts';

/** How a rule selects its plugin. A name is what the plugin says of itself; those of built-in nodes are theirs alone. */
export interface RenderOptions {
  readonly by: 'name' | 'digest';
  readonly builtIn: ReadonlySet<string>;
  /** What it was learned from. */
  readonly source: string;
}

/** The proposal as a policy file, with what a reviewer needs to know as comments. */
export function renderLearned(learned: LearnedPolicy, options: RenderOptions): string {
  const calls = learned.plugins.reduce((sum, plugin) => sum + plugin.calls, 0);
  const rules = learned.plugins.flatMap((plugin) => renderRule(plugin, options));
  return [
    comment(
      `Proposed from ${countOf(calls, 'host call')} of ${options.source}, to be reviewed by a person: it allows what was done then,`,
    ),
    comment('whether it should have been or not, and nothing else.'),
    ...(learned.refused === 0 ? [] : [comment(`${countOf(learned.refused, 'call')} that was refused is not in it.`)]),
    ...learned.left_out.map(({ plugin, call, why, calls: count }) =>
      comment(`Left out: ${countOf(count, 'call')} of ${plugin}, ${call}: ${why}.`),
    ),
    'version: 1',
    ...(rules.length === 0 ? ['rules: []'] : ['rules:', ...rules]),
    '',
  ].join('\n');
}

function renderRule({ plugin, calls, entries }: LearnedPlugin, options: RenderOptions): readonly string[] {
  if (entries.length === 0) return [];
  const byName = options.by === 'name' || options.builtIn.has(plugin.name);
  const capabilities = [...new Set(entries.map(({ capability }) => capability))];
  return [
    `  ${comment(`${plugin.name} ${plugin.version}: ${countOf(calls, 'call')}`)}`,
    `  - plugin: ${byName ? plugin.name : plugin.digest}`,
    '    allow:',
    ...capabilities.flatMap((capability) => [
      `      ${capability}:`,
      ...entries.filter((entry) => entry.capability === capability).flatMap(renderEntry),
    ]),
  ];
}

function renderEntry({ entry, calls }: LearnedEntry): readonly string[] {
  const [first = '', ...rest] = yamlOf(entry);
  return [
    `        ${comment(countOf(calls, 'call') + noteOf(entry))}`,
    `        - ${first}`,
    ...rest.map((line) => `          ${line}`),
  ];
}

/** What an entry can't say, and a reviewer would not think of. */
function noteOf({ args }: JsonObject): string {
  const takesFile = isJsonList(args) && args.some((item) => isJsonObject(item) && item['type'] === 'file');
  return takesFile ? '; what its own files hold may be anything' : '';
}

/** Text that could move or reorder what a reviewer sees is written by its number, as JSON and so YAML has it. */
const deceptive = /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}]|(?![\n])\p{Cc}/gu;

function yamlOf(entry: JsonObject): readonly string[] {
  const text = JSON.stringify(entry);
  const escaped = text.replaceAll(
    deceptive,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  // A flow mapping on one line, where something had to be escaped.
  return escaped === text ? stringify(entry, { lineWidth: 0 }).trimEnd().split('\n') : [escaped];
}

/** One line, whatever a plugin calls itself. */
function comment(text: string): string {
  return `# ${text.replaceAll(/[\p{Cc}\u2028\u2029\p{Bidi_Control}]/gu, '\uFFFD')}`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
