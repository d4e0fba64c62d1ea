// `npm run attacks [-- --level N] [--runtime R] [--only GLOB] [--json]`: tries the attack corpus at every level of this machine
// and prints the matrix. `--control` shows that each attack works where nothing holds it, `--mutations` that each protection is
// needed. Ends with 1 where something isn't as it should be. docs/attacks.md explains it.
import { parseArgs } from 'node:util';
import { readCorpus } from '../runtime/attacks/corpus.ts';
import { renderMatrix } from '../runtime/attacks/matrix.ts';
import { isFine } from '../runtime/attacks/verdict.ts';
import type { Runtime } from '../runtime/attacks/attack.ts';
import type { ConfinementLevel } from '../runtime/supervisor/index.ts';
import { renderControls, tryControls } from './attacks/controls.ts';
import { renderMutations, tryMutations } from './attacks/mutate.ts';
import { levelsHere, tryAll } from './attacks/run.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      level: { type: 'string', multiple: true },
      runtime: { type: 'string', multiple: true },
      only: { type: 'string', default: '**' },
      json: { type: 'boolean', default: false },
      control: { type: 'boolean', default: false },
      mutations: { type: 'boolean', default: false },
      protection: { type: 'string', multiple: true },
      first: { type: 'boolean', default: false },
    },
  });
  const runtimes = (values.runtime ?? ['isolate', 'wasm']).filter(isRuntime);
  const available = await levelsHere();
  const levels = (values.level ?? available.map(String)).map(Number).filter(isLevel);
  const attacks = readCorpus(undefined, values.only);
  if (runtimes.length === 0 || levels.length === 0 || attacks.length === 0) {
    process.stderr.write(
      'nothing to try: --runtime is isolate or wasm, --level 0 to 4, --only a glob over group/name\n',
    );
    return 2;
  }
  const missing = levels.filter((level) => !available.includes(level));
  if (missing.length > 0) {
    process.stderr.write(`this machine gives no level ${missing.join(', ')}; \`waterflow doctor\` says why\n`);
    return 2;
  }
  const progress = (text: string): void => void process.stderr.write(`${text}\n`);
  if (values.control) return report(await tryControls(attacks, progress), values.json, renderControls);
  if (values.mutations) {
    return report(await tryMutations(attacks, { only: values.protection, progress }), values.json, renderMutations);
  }
  const { cells, not_run } = await tryAll(attacks, {
    runtimes,
    levels,
    progress,
    ...(values.first ? { until: 'success' } : {}),
  });
  return report(
    cells.map((cell) => ({ ...cell, fine: isFine(cell.verdict) })),
    values.json,
    (items) => renderMatrix(items, not_run),
  );
}

function report<Item extends { readonly fine: boolean }>(
  items: readonly Item[],
  asJson: boolean | undefined,
  render: (items: readonly Item[]) => string,
): number {
  process.stdout.write(asJson === true ? `${JSON.stringify(items)}\n` : `${render(items)}\n`);
  return items.every(({ fine }) => fine) ? 0 : 1;
}

function isRuntime(text: string): text is Runtime {
  return text === 'isolate' || text === 'wasm';
}

function isLevel(level: number): level is ConfinementLevel {
  return [0, 1, 2, 3, 4].includes(level);
}
