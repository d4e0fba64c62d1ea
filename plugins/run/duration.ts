const millisecondsOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** `500ms`, `10s`, `1m30s` or a number of seconds, in whole milliseconds; may be nothing at all. Throws on anything else, naming the input. */
export function parseGrace(value: string | number, input: string): number {
  const text = typeof value === 'number' || /^[0-9.]+$/.test(value) ? `${value}s` : value.trim();
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new Error(`${input}: ${JSON.stringify(value)} is no duration such as 10s, 500ms or 1m30s`);
  }
  return Math.ceil(parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (millisecondsOf[unit] ?? 0), 0));
}
