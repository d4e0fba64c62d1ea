import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { blocksOn, type CodeBlock } from '../tools/code-blocks/blocks.ts';
import { folderWith, waterflow } from './command.ts';
import { filesOf } from './page.ts';

/** A command of the page with what it prints. */
interface Entry {
  readonly command: string;
  readonly lines: readonly string[];
}

function entriesOf(blocks: readonly CodeBlock[]): readonly Entry[] {
  return blocks.flatMap(({ text }) =>
    text.split(/^(?=\$ )/m).map((part): Entry => {
      const [first = '', ...lines] = part.trimEnd().split('\n');
      return { command: first.replace(/^\$ /, ''), lines };
    }),
  );
}

/** What is the same each time, on each machine, wherever Waterflow and the state folder lie. */
function stable(home: string): (line: string) => string {
  return (line) =>
    line
      .replaceAll(home, '~')
      .replaceAll('~/heads.ndjson', 'heads.ndjson')
      .replaceAll(/\/[\w./-]*\/policies\/default\.yaml/g, 'POLICY')
      .replaceAll(/run-[0-9a-z]{26}/g, 'RUN')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
      .replaceAll(/key [0-9a-f]{16}/g, 'KEY')
      .replaceAll(/level [0-4]/g, 'LEVEL')
      .replaceAll(/"(duration_ms|in|out)":\d+/g, '"$1":N')
      .replaceAll(/(?:\d+ms|\d+\.\ds)$/g, 'DURATION')
      .trimEnd();
}

it('the page on the record of host calls prints what the commands print, one after the other', async () => {
  const cwd = folderWith(filesOf(blocksOn('docs/audit.md', { named: true })));
  const env = { HOME: cwd };
  const [shown, expected]: [Entry[], Entry[]] = [[], []];
  const entries = entriesOf(blocksOn('docs/audit.md', { language: 'console' }));
  expect(entries.length).toBeGreaterThan(6);
  for (const { command, lines } of entries) {
    const argv = command.split(' ');
    const isOurs = argv.shift() === 'waterflow';
    const ended = isOurs
      ? await waterflow(argv, { cwd, env })
      : spawnSync('sh', ['-c', command], { cwd, env: { ...process.env, ...env }, encoding: 'utf8' });
    const printed = `${ended.stdout}${ended.stderr}`.split('\n').filter((line) => line !== '');
    // Of the run itself the page shows the first line.
    const kept = argv[0] === 'run' ? printed.slice(0, 1) : printed;
    shown.push({ command, lines: kept.map(stable(cwd)) });
    expected.push({ command, lines: lines.map(stable(cwd)) });
  }
  expect(shown).toEqual(expected);
});
