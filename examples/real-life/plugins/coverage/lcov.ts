/** Of each source file, how often each of its lines was run. */
export type Coverage = Map<string, Map<number, number>>;

/** Adds a report to what is known (`SF:` begins a file, `DA:line,count` counts a line; geninfo(1)). */
export function addReport(coverage: Coverage, report: string): void {
  let lines: Map<number, number> | undefined;
  for (const record of report.split('\n')) {
    const [kind, value = ''] = record.split(/:(.*)/s);
    if (kind === 'SF') {
      lines = coverage.get(value) ?? new Map();
      coverage.set(value, lines);
    } else if (kind === 'DA' && lines !== undefined) {
      const [line = 0, count = 0] = value.split(',').map(Number);
      lines.set(line, (lines.get(line) ?? 0) + count);
    }
  }
}

/** The share of lines that were run, in percent with one decimal; of no lines all. */
export function percentOf(lines: Iterable<ReadonlyMap<number, number>>): number {
  const counts = Array.from(lines, (file) => [...file.values()]).flat();
  if (counts.length === 0) return 100;
  return Math.round((counts.filter((count) => count > 0).length / counts.length) * 1000) / 10;
}

/** The report of all that is known. */
export function writeReport(coverage: Coverage): string {
  return [...coverage]
    .map(([file, lines]) => {
      const counted = [...lines].sort(([one], [other]) => one - other).map(([line, count]) => `DA:${line},${count}\n`);
      return `SF:${file}\n${counted.join('')}end_of_record\n`;
    })
    .join('');
}
