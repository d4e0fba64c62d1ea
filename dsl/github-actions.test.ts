import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findFunction } from './expressions/functions.ts';
import { knownContexts } from './expressions/index.ts';
import { compile } from './index.ts';
import { jobKeys } from './read/job.ts';
import { stepKeys } from './read/step-action.ts';
import { strategyKeys } from './read/strategy.ts';
import { workflowKeys } from './read/workflow.ts';
import { testCatalogue } from './testing/catalogue.ts';

const page = readFileSync(new URL('../docs/github-actions.md', import.meta.url), 'utf8');

/** Each name of a table with what the page says of it, by the table's first heading or the heading above it. */
function verdicts(heading: string): ReadonlyMap<string, string> {
  const start = page.indexOf(`${heading}\n`);
  const rows = page.slice(start).split('\n').slice(1);
  const first = rows.findIndex((row) => row.startsWith('| `'));
  const end = rows.findIndex((row, index) => index > first && !row.startsWith('|'));
  return new Map(
    rows.slice(first, end === -1 ? undefined : end).flatMap((row) => {
      const [, names = '', verdict = ''] = row.split('|').map((cell) => cell.trim());
      return Array.from(names.matchAll(/`([^`]+)`/g), ([, name = '']): [string, string] => [name, verdict]);
    }),
  );
}

describe('the page on GitHub Actions', () => {
  it.each([
    ['## Keys of the workflow', workflowKeys.keys],
    ['## Keys of a job', jobKeys.keys],
    ['## Keys of a strategy', strategyKeys.keys],
    ['## Keys of a step', stepKeys.keys],
  ] as const)('says in %s of each key whether there is one', (heading, keys) => {
    const known: readonly string[] = keys;
    const wrong = [...verdicts(heading)].filter(
      ([key, verdict]) => !key.includes('.') && known.includes(key) !== (verdict === 'same' || verdict === 'different'),
    );
    expect(wrong).toEqual([]);
  });

  it('says of each function and context whether there is one', () => {
    const functions = [...verdicts('| function | here | how, or what instead |')];
    expect(functions.filter(([name, verdict]) => (findFunction(name) !== undefined) !== (verdict === 'same'))).toEqual(
      [],
    );
    const known: readonly string[] = knownContexts;
    const contexts = [...verdicts('| context | here | how, or what instead |')];
    const wrong = contexts.filter(([name, verdict]) => known.includes(name) !== (verdict !== 'absent'));
    expect({ wrong, count: contexts.length > 10 }).toEqual({ wrong: [], count: true });
  });

  it('says of each event whether it can start a run', () => {
    const events = [...verdicts('## Events')];
    expect(events.length).toBeGreaterThan(30);
    const wrong = events.filter(([event, verdict]) => {
      const text = `on: ${event}\njobs: { one: { steps: [{ run: ls }] } }\n`;
      return (compile(text, { file: 'w.yml', catalogue: testCatalogue }).plan !== undefined) !== (verdict === 'same');
    });
    expect(wrong).toEqual([]);
  });

  it('says of nothing anything but same, different or absent', () => {
    const rows = page.split('\n').filter((row) => row.startsWith('| `'));
    expect(rows.filter((row) => !/^\|[^|]+\| (same|different|absent) \|[^|]*\|$/.test(row))).toEqual([]);
  });
});
