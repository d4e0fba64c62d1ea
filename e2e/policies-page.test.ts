/** docs/policies.md: its files, its commands, and what they print. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { evaluateWhen, whenTime } from '../runtime/policy/when.ts';
import { blockOn, blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root, waterflow } from './command.ts';
import { commandsOf, filesOf, wordsOf } from './page.ts';

const files = filesOf(blocksOn('docs/policies.md', { named: true }));
const entries = commandsOf(blocksOn('docs/policies.md', { language: 'console' }));

function stable(text: string): string {
  return text
    .replaceAll(/run-[0-9a-z]{26}/g, 'RUN')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(join(root, 'policies', 'default.yaml'), 'POLICY')
    .trimEnd();
}

it('the page on policies prints what the commands print, one after the other', async () => {
  const cwd = folderWith(files);
  const [shown, expected]: [string[], string[]] = [[], []];
  expect(entries.length).toBe(6);
  for (const { command, shown: lines } of entries) {
    const printed = lines.join('\n');
    const [, ...words] = wordsOf(command);
    const { stdout, stderr } = await waterflow(words, { cwd, env: { XDG_STATE_HOME: join(cwd, 'state') } });
    shown.push(`${command}\n${printed === '…' ? '…' : stable(`${stderr}${stdout}`)}`);
    expected.push(`${command}\n${printed}`);
  }
  expect(shown).toEqual(expected);
});

it('has a condition that can be decided', () => {
  const text = blockOn('docs/policies.md', { begins: 'when: ' });
  const { when } = parse(text) as { when: string }; // The page's own.
  const plugin = { name: 'a', version: '1.0.0', digest: '', origin: 'local', signers: [] };
  const names = { tenant: 't', queue: 'web', workflow: 'w', job: 'j', step: 's', plugin, inputs: {} };
  const holds = (at: string): unknown => evaluateWhen(when, { ...names, time: whenTime(Date.parse(at)) });
  expect(holds('2026-11-27T12:00:00Z')).toEqual({ holds: true });
  expect(holds('2026-11-27T18:00:00Z')).toEqual({ holds: false });
  expect(holds('2026-11-28T12:00:00Z')).toEqual({ holds: false });
});
