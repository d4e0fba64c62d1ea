import type { Journey } from './journey.ts';

/** What an author waits for before the first test is passed. */
const untilTested = ['new', 'build', 'own tests', 'test'];

/** From nothing to passing cases, in milliseconds. */
export function toTested({ steps }: Extract<Journey, { state: 'passed' }>): number {
  return steps.filter(({ name }) => untilTested.includes(name)).reduce((sum, { duration_ms }) => sum + duration_ms, 0);
}

/** The times of each step of each template as a table, and under it what was left out or failed. */
export function renderJourneys(journeys: readonly Journey[]): string {
  const passed = journeys.filter((journey) => journey.state === 'passed');
  const names = passed[0]?.steps.map(({ name }) => name) ?? [];
  const rows = names.map((name) => [
    name,
    ...passed.map(({ steps }) => seconds(steps.find((step) => step.name === name)?.duration_ms ?? 0)),
  ]);
  const table = [
    ['seconds', ...passed.map(({ template }) => template)],
    ...rows,
    ['new to tested', ...passed.map((journey) => seconds(toTested(journey)))],
  ];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = passed.length === 0 ? [] : table.map((row) => lineOf(row, widths));
  const others = journeys.flatMap((journey) => {
    if (journey.state === 'skipped') return [`${journey.template}: skipped: ${journey.reason}. ${journey.remedy}`];
    return journey.state === 'failed' ? [`${journey.template}: failed at \`${journey.step}\`: ${journey.said}`] : [];
  });
  return `${[...lines, ...others].join('\n')}\n`;
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
    .join('  ');
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
