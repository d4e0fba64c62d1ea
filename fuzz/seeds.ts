import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What fuzzing starts from. */
export interface Seeds {
  /** Whole workflow files. */
  readonly workflows: readonly string[];
  /** Workflows that the others call, by their paths. */
  readonly called: ReadonlyMap<string, string>;
}

/** What generated workflows call. */
const callable = `on:
  workflow_call:
    inputs: { text: { type: string, default: a } }
    outputs: { x: { value: '\${{ jobs.inner.outputs.x }}' } }
    secrets: { TOKEN: { required: false } }
jobs:
  inner:
    outputs: { x: '\${{ steps.s.outcome }}' }
    steps: [{ id: s, run: 'echo "$TEXT"', env: { TEXT: '\${{ inputs.text }}' } }]
`;

const root = join(import.meta.dirname, '..');

/** The examples, those of the documentation, and what `plugin new` copies. */
export function readSeeds(): Seeds {
  const files = globSync(['examples/**/*.yml', 'plugin-templates/**/*.yml'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const documented = globSync(['docs/*.md', 'README.md'], { cwd: root })
    .sort()
    .flatMap((path) => yamlOf(readFileSync(join(root, path), 'utf8')))
    .map(wholeFile);
  const workflows = [...files.map(({ text }) => text), ...documented];
  // A test's example that others call begins with its name.
  const named = documented.flatMap((text) => {
    const name = /^# (\S+\.ya?ml)\n/.exec(text)?.[1];
    return name === undefined ? [] : [[name, text] as const];
  });
  const called = new Map([
    ...named,
    ...files.map(({ path, text }) => [path.replace(/^examples\//, ''), text] as const),
    ['called.yml', callable],
  ]);
  return { workflows, called };
}

function yamlOf(page: string): readonly string[] {
  return [...page.matchAll(/^```ya?ml\n(.*?)^```/gms)].map((match) => match[1] ?? '');
}

/** An example of a job's steps, or of a key beside jobs, as a file; a manifest or a policy stays what it is: another mistake to answer. */
function wholeFile(example: string): string {
  if (/^steps:/m.test(example)) return `jobs:\n  job:\n${example.replaceAll(/^(?=.)/gm, '    ')}`;
  return /^(jobs|runtime|rules):/m.test(example) ? example : `${example}\njobs: { job: { steps: [{ run: make }] } }\n`;
}
