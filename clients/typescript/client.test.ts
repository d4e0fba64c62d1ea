/** The client in TypeScript on Node: the scenarios, and the examples of its README. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { RunningCommand } from '../../e2e/command.ts';
import { areShown } from '../../e2e/page.ts';
import { examplesOf } from '../testing/readme.ts';
import { scenariosWith } from '../testing/suite.ts';
import { blocksOn } from '../../tools/code-blocks/blocks.ts';

const examples = [
  ...blocksOn('clients/typescript/README.md', { language: 'ts' }),
  ...blocksOn('clients/typescript/README.md', { language: 'text' }),
].sort((one, other) => one.line - other.line);

describe('the client in TypeScript', () => {
  const { world } = scenariosWith({ client: 'node' });
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-readme-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const source = pathToFileURL(join(import.meta.dirname, 'index.ts')).href;

  for (const [index, { title, program, prints }] of examplesOf(examples).entries()) {
    it(`does what its README says: ${title}`, async () => {
      const file = join(folder, `${index}.ts`);
      writeFileSync(file, program.replace("'waterflow/client'", JSON.stringify(source)));
      const { url, keys } = world();
      const env = { WATERFLOW_SERVER_URL: url, WATERFLOW_API_KEY: keys['admin'] };
      const { stdout, stderr } = await new RunningCommand(process.execPath, [file], { env }).ended;
      expect(stderr).toBe('');
      expect({ stdout, isShown: areShown(stdout.trimEnd().split('\n'), prints) }).toMatchObject({ isShown: true });
    });
  }
});
