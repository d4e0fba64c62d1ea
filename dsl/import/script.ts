import { quote } from '../quote.ts';
import { type MappingField, scalarText } from './mapping.ts';
import type { ImportRecord } from './record.ts';

/** Variables of GitHub's runner that a script has here, too. */
const known: ReadonlySet<string> = new Set([
  'GITHUB_ENV',
  'GITHUB_OUTPUT',
  'GITHUB_PATH',
  'GITHUB_STEP_SUMMARY',
  'GITHUB_WORKSPACE',
  'RUNNER_ARCH',
  'RUNNER_NAME',
  'RUNNER_OS',
  'RUNNER_TEMP',
]);
/** Commands in a script's output that change something; others only decorate the log. */
const commands = /::(set-output|save-state|set-env|add-path|add-mask)[\s:]/g;

/** What is known around a script. */
export interface ScriptSurroundings {
  readonly record: ImportRecord;
  /** Environment variables that the file itself sets. */
  readonly env: readonly string[];
}

/** Says what a script takes from GitHub's runner that isn't here. The script stays as it is. */
export function remarkOnScript({ value, place }: MappingField, { record, env }: ScriptSurroundings): void {
  const text = scalarText(value) ?? '';
  const variables = new Set(Array.from(text.matchAll(/\b(?:GITHUB|RUNNER)_[A-Z][A-Z_]*/g), ([name]) => name));
  for (const name of variables) {
    if (known.has(name) || env.includes(name)) continue;
    record.add(place, { outcome: 'todo', ...remarkOn(name) });
  }
  for (const command of new Set(Array.from(text.matchAll(commands), ([, name = '']) => name))) {
    record.add(place, {
      outcome: 'todo',
      message: `the script prints the command ${quote(`::${command}`)}, which nothing here reads`,
      remedy:
        'Write outputs to the file `$WATERFLOW_OUTPUT`, variables to `$WATERFLOW_ENV` and folders to `$WATERFLOW_PATH`; give secrets by `secrets`, which are redacted everywhere.',
    });
  }
}

function remarkOn(name: string): { readonly message: string; readonly remedy: string } {
  return {
    message: `the script reads ${quote(`$${name}`)}, which is not set here`,
    remedy: 'Set it by `env`, from an input or from the contexts `runner` and `workflow`.',
  };
}
