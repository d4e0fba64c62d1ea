import { language } from '../state/settings.ts';

const locale = (): string => (language.value === 'zh' ? 'zh-Hans' : 'en-GB');

/** A time in full, in the reader's time zone. */
export function fullTime(at: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at));
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** How long ago a time was, or in how long it will be: `2 minutes ago`. */
export function relativeTime(at: string, now: number): string {
  const difference = Date.parse(at) - now;
  const [unit, ms] = units.find(([, size]) => Math.abs(difference) >= size) ?? ['second', 1000];
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.trunc(difference / ms), unit);
}

/** A duration to two units: `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 10 min`, `3 d 04 h`. The units are those of SI, alike in all languages. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${padded(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${padded(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${padded(hours % 24)} h`;
}

function padded(count: number): string {
  return String(Math.floor(count)).padStart(2, '0');
}
