import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ExtismCase, ExtismEnd } from '../../runtime/testing/extism/cases.ts';

/** Makes the same calls in Extism's own runtime, by a Python that has its package. Throws Error where it can't. */
export function askReference(python: string, module: string, cases: readonly ExtismCase[]): readonly ExtismEnd[] {
  const calls = cases.map(({ entry, input = '', config = {} }) =>
    JSON.stringify({ module, entry, config, input: Buffer.from(input).toString('base64') }),
  );
  const { status, stdout, stderr, error } = spawnSync(python, [join(import.meta.dirname, 'reference.py')], {
    input: calls.map((line) => `${line}\n`).join(''),
    maxBuffer: 256 * 1024 ** 2,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${python} ended with ${status}:\n${stderr}`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      // As reference.py writes it.
      const answer = JSON.parse(line) as { readonly fails: string } | { readonly output: string };
      return 'fails' in answer ? answer : { output: new Uint8Array(Buffer.from(answer.output, 'base64')) };
    });
}
