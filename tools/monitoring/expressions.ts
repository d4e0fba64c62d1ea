/** The names of metrics in an expression of Prometheus that are Waterflow's, its process's or Prometheus' own. */
export function metricsIn(expression: string): readonly string[] {
  // Of labels and their values nothing is a metric.
  const bare = expression.replaceAll(/\{[^}]*\}/gu, '').replaceAll(/\b(?:by|without|on)\s*\([^)]*\)/gu, '');
  return [...new Set(bare.match(/\b(?:waterflow|process|nodejs)_\w+|\bup\b/gu))];
}

/** What a histogram is called in expressions, by the metric that it is of. */
export function metricOf(name: string): string {
  return name.replace(/_(?:bucket|sum|count)$/u, '');
}
