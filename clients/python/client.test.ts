/** The client in Python: the scenarios, and the examples of its README. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RunningCommand } from '../../e2e/command.ts';
import { areShown } from '../../e2e/page.ts';
import { needs } from '../../e2e/require.ts';
import { borrowPython } from '../testing/clients.ts';
import { examplesOf } from '../testing/readme.ts';
import { isWhole, scenariosWith } from '../testing/suite.ts';

const isThere = await needs('python');
const python = isThere ? borrowPython() : '';
afterAll(() => {
  if (isThere) rmSync(dirname(python), { recursive: true });
});

describe.skipIf(!isThere)('the client in Python', () => {
  const { world } = scenariosWith({ client: 'python', program: () => python });

  for (const { title, program, prints } of examplesOf(join(import.meta.dirname, 'README.md'), 'python')) {
    it(`does what its README says: ${title}`, async () => {
      const { url, keys } = world();
      const env = { WATERFLOW_SERVER_URL: url, WATERFLOW_API_KEY: keys['admin'] };
      const { stdout, stderr } = await new RunningCommand(python, ['-c', program], { env }).ended;
      expect(stderr).toBe('');
      expect({ stdout, isShown: areShown(stdout.trimEnd().split('\n'), prints) }).toMatchObject({ isShown: true });
    });
  }
});

describe.skipIf(!isThere)('the asynchronous client in Python', () => {
  // It is the same source: in short what is its own, to be ended from elsewhere.
  const isItsOwn = ({ steps }: { readonly steps: readonly { readonly cancel?: string }[] }): boolean =>
    isWhole || steps.some(({ cancel }) => cancel !== undefined);
  scenariosWith({ client: 'python-async', program: () => python, only: isItsOwn });
});
