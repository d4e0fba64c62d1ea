/** A Markdown table of two columns; lists and objects become JSON. */
export function table(rows: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(rows).map(([name, value]) => `| ${cell(name)} | ${cell(value)} |\n`);
  return `| what | value |\n| --- | --- |\n${lines.join('')}`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
