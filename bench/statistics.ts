/** What can be said of samples in one number. */
export type Statistic = 'min' | 'p50' | 'p95' | 'p99' | 'max';

const quantiles: Readonly<Record<Statistic, number>> = { min: 0, p50: 0.5, p95: 0.95, p99: 0.99, max: 1 };

/** By nearest rank: always one of the samples. NaN where there are none. */
export function statisticOf(samples: readonly number[], statistic: Statistic): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const rank = Math.max(1, Math.ceil(quantiles[statistic] * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}
