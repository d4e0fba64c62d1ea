/** Every example of docs/workflow-syntax.md does what the note above it says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { expressionScopes } from '../dsl/expressions/scopes.ts';
import type { Json } from '../schemas/index.ts';
import { folderWith, root } from './command.ts';
import { answering, type Given, openWorkflow } from './example-runs.ts';

/** What stands in a comment `<!-- run: … -->` above an example. */
interface Expected extends Given {
  readonly name?: string;
  /** Parts of its log, as `job/step: text`. */
  readonly says?: readonly string[];
  /** Payloads for what it waits for, one after the other. */
  readonly answers?: readonly Json[];
}

interface Example {
  readonly text: string;
  readonly expected: Expected | undefined;
  readonly notRun: string | undefined;
}

const page = readFileSync(join(root, 'docs', 'workflow-syntax.md'), 'utf8');
const block = /(?:<!-- (?:run: (?<run>.*?)|not run: (?<why>.*?)) -->\n\n)?^```yaml\n(?<text>.*?)^```/gms;
const examples = Array.from(
  page.matchAll(block),
  ({ groups = {} }): Example => ({
    text: groups['text'] ?? '',
    // The page's own notes.
    expected: groups['run'] === undefined ? undefined : (parse(groups['run']) as Expected),
    notRun: groups['why'],
  }),
);

/** An example as a whole file: steps become a job, and what has no jobs gets one that does nothing. */
function wholeFile(text: string): string {
  if (/^steps:/m.test(text)) return `jobs:\n  job:\n${text.replace(/^(?=.)/gm, '    ')}`;
  return /^jobs:/m.test(text) ? text : `${text}\njobs: { job: { steps: [{ run: 'true' }] } }\n`;
}

/** The examples that others call begin with their names. */
const called = Object.fromEntries(
  examples.flatMap(({ text }) => {
    const name = /^# (.*\.yml)\n/.exec(text)?.[1];
    return name === undefined ? [] : [[name, text]];
  }),
);

describe('docs/workflow-syntax.md', () => {
  it('says of every workflow how it is run, or why it is not', () => {
    const silent = examples.filter(
      ({ text, expected, notRun }) => /^(?:jobs|steps|on):/m.test(text) && !expected && !notRun,
    );
    expect(silent.map(({ text }) => text)).toEqual([]);
    expect(examples.filter(({ expected }) => expected).length).toBeGreaterThan(15);
  });

  it.each(examples.flatMap(({ text, expected }) => (expected === undefined ? [] : [{ text, expected }])))(
    'has an example that runs: $text',
    async ({ text, expected }) => {
      const cwd = folderWith({ ...called, 'w.yml': wholeFile(text) });
      await using example = await openWorkflow({ cwd, state: join(cwd, 'state') }, 'w.yml');
      const answers = [...(expected.answers ?? [])];
      const { summary, says } = await example.run(
        expected,
        answering(() => answers.shift()),
      );
      expect({ status: summary.status, name: summary.name }).toEqual({
        status: 'success',
        name: expected.name ?? summary.name,
      });
      for (const line of expected.says ?? []) expect(says.join('\n')).toContain(line);
    },
  );

  it('names for each place the contexts and functions that there are', () => {
    const { manifest: _, ...places } = expressionScopes;
    const described = Array.from(page.matchAll(/^\| [^|]+ \|((?: `\w+`)+) \|((?: `\w+`)*) \|$/gm), (row) => [
      (row[1] ?? '').match(/\w+/g),
      (row[2] ?? '').match(/\w+/g) ?? [],
    ]);
    const actual = Object.values(places).map(({ contexts, functions }) => [[...contexts], [...functions]]);
    expect(described.map((place) => JSON.stringify(place)).sort()).toEqual(
      actual.map((place) => JSON.stringify(place)).sort(),
    );
  });
});
