// `npm run attacks [-- --level N] [--runtime R] [--only GLOB] [--json]`: tries the attack corpus at every level of this machine
// and prints the matrix. `--control` shows that each attack works where nothing holds it, `--mutations` that each protection is
// needed. Ends with 1 where something isn't as it should be. docs/attacks.md explains it.
import { readCorpus } from '../runtime/attacks/corpus.ts';
import { declaredTable } from '../runtime/attacks/declared.ts';
import { renderMatrix } from '../runtime/attacks/matrix.ts';
import { isFine } from '../runtime/attacks/verdict.ts';
import { renderControls, tryControls } from './attacks/controls.ts';
import { renderMutations, tryMutations } from './attacks/mutate.ts';
import { readOptions, usage } from './attacks/options.ts';
import { levelsHere, tryAll } from './attacks/run.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const read = readOptions(argv);
  if ('help' in read) {
    process.stdout.write(usage);
    return 0;
  }
  if ('problem' in read) return refuse(`${read.problem}\n${usage}`);
  const { options } = read;
  const available = await levelsHere();
  const levels = options.levels ?? available;
  const attacks = readCorpus(undefined, options.only);
  if (attacks.length === 0) return refuse(`no attack is named ${options.only}: --only is a glob over group/name\n`);
  if (options.what === 'declared') {
    process.stdout.write(`${declaredTable(attacks)}\n`);
    return 0;
  }
  const missing = levels.filter((level) => !available.includes(level));
  if (missing.length > 0) {
    return refuse(`this machine gives no level ${missing.join(', ')}; \`waterflow doctor\` says why\n`);
  }
  const progress = (text: string): void => void process.stderr.write(`${text}\n`);
  if (options.what === 'controls') return report(await tryControls(attacks, progress), options.json, renderControls);
  if (options.what === 'mutations') {
    return report(await tryMutations(attacks, { only: options.protections, progress }), options.json, renderMutations);
  }
  const { cells, not_run } = await tryAll(attacks, {
    runtimes: options.runtimes,
    levels,
    progress,
    ...(options.until === 'success' ? { until: 'success' } : {}),
  });
  return report(
    cells.map((cell) => ({ ...cell, fine: isFine(cell.verdict) })),
    options.json,
    (items) => renderMatrix(items, not_run),
  );
}

/** Nothing was tried: neither held nor succeeded. */
function refuse(why: string): number {
  process.stderr.write(why);
  return 2;
}

function report<Item extends { readonly fine: boolean }>(
  items: readonly Item[],
  asJson: boolean | undefined,
  render: (items: readonly Item[]) => string,
): number {
  process.stdout.write(asJson === true ? `${JSON.stringify(items)}\n` : `${render(items)}\n`);
  return items.every(({ fine }) => fine) ? 0 : 1;
}
