import type { LearnedPlugin } from './learn.ts';

/** A table of entries, below each what could be narrower, and a last line with the sums. */
export function learnedLines(plugins: readonly LearnedPlugin[]): readonly string[] {
  const lines = plugins.flatMap(({ plugin, entries, outdated }) => [
    ...entries.flatMap(({ entry, uses, only_here, example, narrower }) => [
      `${plugin} ${entry}: ${uses} uses, ${only_here} that nothing else allows${example === undefined ? '' : `, as ${example}`}`,
      ...narrower.map(({ place, instead, stays }) =>
        stays === undefined ? `  ${place}: ${instead} would do` : `  ${place}: ${instead} would do here, but ${stays}`,
      ),
    ]),
    ...outdated.map(({ place }) => `${plugin} ${place}: wider.yaml gives a reason for what is not proposed`),
  ]);
  const all = plugins.flatMap(({ entries }) => entries);
  const stay = all.flatMap(({ narrower }) => narrower).filter(({ stays }) => stays !== undefined).length;
  return [
    ...lines,
    `${all.length} entries; less would do in ${openCount(plugins)} places, and ${stay} stay wider for a reason`,
  ];
}

/** How much is narrower without a reason against it, or has a reason that is outdated. */
export function openCount(plugins: readonly LearnedPlugin[]): number {
  return plugins.reduce((sum, { entries, outdated }) => {
    const proposed = entries.flatMap(({ narrower }) => narrower).filter(({ stays }) => stays === undefined);
    return sum + proposed.length + outdated.length;
  }, 0);
}
