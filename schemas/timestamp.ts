/** RFC 3339, in which seconds may be left out. */
const timestampPattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):(\d{2}))$/;

const minuteMs = 60_000;

/**
 * A time with its offset from UTC, as `2026-12-24T18:00:00+01:00` or `2026-12-24T17:00Z`, in ms since 1970. Undefined for what isn't one, for
 * days and hours that don't exist, and without an offset: it would be another time on each machine.
 */
export function parseTimestamp(text: string): number | undefined {
  const parts = timestampPattern.exec(text.trim());
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const [fraction = '', zulu, sign, offsetHours = '0', offsetMinutes = '0'] = parts.slice(7);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || Number(offsetHours) > 23 || Number(offsetMinutes) > 59)
    return undefined;
  const offset = zulu === undefined ? (Number(offsetHours) * 60 + Number(offsetMinutes)) * minuteMs : 0;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const local = daysSince1970(year, month, day) * 1440 * minuteMs + (hour * 60 + minute) * minuteMs + second * 1000;
  return local + milliseconds - (sign === '-' ? -offset : offset);
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Of the Gregorian calendar, reckoned from the first of March, so that the leap day is a year's last. */
function daysSince1970(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  const leaps = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leaps + Math.floor((months * 153 + 2) / 5) + day - 1 - 719_468;
}
