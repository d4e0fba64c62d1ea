import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { commandLine } from '../testing/terminal.ts';
import { blockOn, blocksOn } from '../../tools/code-blocks/blocks.ts';

const page = readFileSync(new URL('../../docs/plan.md', import.meta.url), 'utf8');

/** What the page's workflow gives for a command line as a shell reads it. */
async function outputOf(command: string): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-docs-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'release.yml'), blockOn('docs/plan.md', { language: 'yaml' }));
  const words = [...command.matchAll(/'([^']*)'|(\S+)/gu)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const { code, stdout } = await commandLine(words.slice(1), { cwd });
  expect(code).toBe(0);
  // Digests change with every release, and the policy lies where Waterflow is installed.
  return stdout
    .replaceAll(/sha256:[0-9a-f]{64}/gu, 'sha256:…')
    .replaceAll(/\(\/\S+\/policies\/default\.yaml\)/gu, '(policies/default.yaml)');
}

const commands = blocksOn('docs/plan.md', { language: 'console' }).map(({ text }) => {
  const [first = '', ...rest] = text.split('\n');
  return { command: first.replace(/^\$ /u, ''), output: rest.join('\n') };
});

describe('docs/plan.md', () => {
  it.each(commands)('shows what $command prints', async ({ command, output }) => {
    expect(await outputOf(command)).toBe(output);
  });

  it('shows a part of the JSON, and names every key of it', async () => {
    const simulated = commands.find(({ command }) => command.includes('--simulate'))?.command;
    const outline = JSON.parse(await outputOf(`${simulated} --json`)) as object;
    expect(outline).toMatchObject(JSON.parse(blockOn('docs/plan.md', { language: 'json' })) as object);
    const documented = [...page.matchAll(/^\| `([a-z_]+)` \|/gmu)].map(([, key]) => key);
    expect(Object.keys(outline).filter((key) => !documented.includes(key))).toEqual([]);
  });
});
