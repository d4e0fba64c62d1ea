/** The package in Python as its users have it: a wheel, on each Python that is here, and what its types say. In `npm run test:clients`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { installPython, run } from '../testing/clients.ts';
import { blocksOn } from '../../tools/code-blocks/blocks.ts';
import { scenariosWith } from '../testing/suite.ts';

const isMeant = await needs('python');
/** Those that this machine has, of those that the package is for. */
const versions = isMeant ? ['3.10', '3.11', '3.12', '3.13', '3.14'].filter(isHere) : [];

function isHere(version: string): boolean {
  return spawnSync(`python${version}`, ['-c', 'import venv'], { stdio: 'ignore' }).status === 0;
}

describe.skipIf(!isMeant).each(versions)('the wheel on Python %s', (version) => {
  const interpreter = installPython(`python${version}`);
  scenariosWith({ client: 'python', program: () => interpreter, only: ({ sample }) => sample === true });
});

describe.skipIf(!isMeant)('the types of the package in Python', () => {
  it('are strict, in the package and in the examples of the README', () => {
    const interpreter = installPython('python3', ['mypy']);
    const examples = mkdtempSync(join(tmpdir(), 'waterflow-readme-'));
    onTestFinished(() => {
      for (const each of [examples, dirname(dirname(interpreter))]) rmSync(each, { recursive: true });
    });
    const files = blocksOn('clients/python/README.md', { language: 'python' }).map(({ text: program }, index) => {
      const file = join(examples, `example_${index}.py`);
      writeFileSync(file, program);
      return file;
    });
    const driver = join(import.meta.dirname, 'testing', 'driver.py');
    const argv = ['-m', 'mypy', '--strict', '--cache-dir', join(examples, 'cache'), '--python-version'];
    for (const target of [['-p', 'waterflow_client'], [driver], ...files.map((file) => [file])]) {
      expect(run(interpreter, [...argv, '3.10', ...target])).toContain('Success: no issues found');
    }
  });
});
