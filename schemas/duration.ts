import type { Json } from './json.ts';
import { multiplyDecimal } from './quantity.ts';

/** Units of the short form, longest first, in ms. `m` is minutes, `ms` milliseconds. */
const shortUnits: readonly (readonly [name: string, ms: number])[] = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** Longer texts are no durations, only work. */
const longestText = 64;

const number = String.raw`(\d+(?:\.\d+)?)`;
const shortForm = new RegExp(`^${shortUnits.map(([name]) => `(?:${number}${name})?`).join('')}$`);
/** ISO 8601, but for years and months, which have no fixed length. */
const isoForm = new RegExp(
  `^P(?:${number}W)?(?:${number}D)?(?:T(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
);
const isoUnits = shortUnits.slice(0, 5).map(([, ms]) => ms);

/**
 * A duration in whole ms: `1h30m`, `500ms`, `1.5s` (units w d h m s ms, each once, longest first) or ISO 8601 without years
 * and months (`PT1H30M`, `P1DT12H`). Undefined where the text is no duration, is finer than a millisecond or can't be held exactly.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length === 0 || text.length > longestText) return undefined;
  const short = shortForm.exec(text);
  if (short !== null) {
    return sum(
      short.slice(1),
      shortUnits.map(([, ms]) => ms),
    );
  }
  const iso = isoForm.exec(text);
  return iso === null ? undefined : sum(iso.slice(1), isoUnits);
}

/** A duration in whole ms where a number without a unit is seconds, also as text: an input given on the command line is text. */
export function parseDurationOrSeconds(value: Json): number | undefined {
  if (typeof value === 'number') return value >= 0 ? Math.round(value * 1000) : undefined;
  if (typeof value !== 'string') return undefined;
  return /^\d+(\.\d+)?$/.test(value) ? Math.round(Number(value) * 1000) : parseDuration(value);
}

/** Whole ms in the short form, as people write them: `24h`, `1h30m`, `500ms`. What {@link parseDuration} reads back; days stay hours. */
export function durationText(milliseconds: number): string {
  let rest = milliseconds;
  const parts = shortUnits.slice(2).flatMap(([name, ms]) => {
    const amount = Math.floor(rest / ms);
    rest -= amount * ms;
    return amount === 0 ? [] : [`${amount}${name}`];
  });
  return parts.length === 0 ? '0s' : parts.join('');
}

function sum(amounts: readonly (string | undefined)[], units: readonly number[]): number | undefined {
  let total = 0;
  let found = false;
  for (const [index, amount] of amounts.entries()) {
    const unit = units[index];
    if (amount === undefined || unit === undefined) continue;
    const part = multiplyDecimal(amount, unit);
    if (part === undefined) return undefined;
    total += part;
    found = true;
  }
  return found && Number.isSafeInteger(total) ? total : undefined;
}
