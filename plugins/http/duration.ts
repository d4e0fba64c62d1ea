const millisecondsOf = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `500ms`, `10s`, `1m30s`, `PT1M30S` or a number of seconds, in whole milliseconds. Throws on anything else, naming the input. */
export function parseDuration(value: string | number, input: string): number {
  const text = typeof value === 'number' || /^[0-9.]+$/.test(value) ? `${value}s` : value.trim();
  // ISO 8601 has the same parts in capitals.
  const plain = /^PT[0-9HMS.]+$/.test(text) ? text.slice(2).toLowerCase() : text;
  const parts = [...plain.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitOf(unit), 0);
  if (parts.map(([part]) => part).join('') !== plain || !(total > 0)) {
    throw new Error(`${input}: ${JSON.stringify(value)} is no duration such as 10s, 500ms, 1m30s or PT1M30S`);
  }
  return Math.ceil(total);
}

function unitOf(unit: string | undefined): number {
  switch (unit) {
    case 'ms':
    case 's':
    case 'm':
    case 'h':
      return millisecondsOf[unit];
    default:
      // The pattern above lets no other unit through.
      return Number.NaN;
  }
}
