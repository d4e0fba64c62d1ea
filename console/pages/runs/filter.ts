import { linkTo } from '../../state/route-text.ts';

/** Which runs are listed, as the address has it. Empty texts: whichever. */
export interface RunFilter {
  readonly status: readonly string[];
  readonly name: string;
  readonly label: readonly string[];
  readonly queue: string;
  readonly origin: string;
  readonly awaits: string;
  readonly tenant: string;
  /** With their zone, so that a link means the same to everybody: `2026-05-01T10:00:00Z`. */
  readonly from: string;
  readonly until: string;
}

/** What stands in the query of an address. */
export function filterOf(query: URLSearchParams): RunFilter {
  const text = (name: string): string => query.get(name) ?? '';
  return {
    status: query.getAll('status'),
    name: text('name'),
    label: query.getAll('label'),
    queue: text('queue'),
    origin: text('origin'),
    awaits: text('awaits'),
    tenant: text('tenant'),
    from: timeInZone(text('from')),
    until: timeInZone(text('until')),
  };
}

/** The address of the runs that fit a filter, or of a page of them. */
export function linkToRuns(filter: RunFilter, cursor?: string): string {
  const query = Object.fromEntries(
    Object.entries(filter).map(([name, value]) => [name, value === '' ? undefined : value]),
  );
  return linkTo(['runs'], { ...query, cursor });
}

export function isFiltered(filter: RunFilter): boolean {
  return Object.values(filter).some((value) => value.length > 0);
}

/** The query by which the API lists them. */
export function apiQuery(filter: RunFilter): Readonly<Record<string, string | readonly string[] | undefined>> {
  const given = (text: string): string | undefined => (text === '' ? undefined : text);
  return {
    status: filter.status,
    name: given(filter.name),
    label: filter.label,
    queue: given(filter.queue),
    origin: given(filter.origin),
    awaits: given(filter.awaits),
    tenant_id: given(filter.tenant),
    created_after: given(filter.from),
    created_before: given(filter.until),
  };
}

/** A time with its zone, in UTC; of one without a zone, the reader's. What is no time is none. */
export function timeInZone(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? '' : new Date(time).toISOString().replace('.000Z', 'Z');
}

/** A time as fields of date and time have it, in the reader's time zone: `2026-05-01T12:00`. */
export function localTime(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) return '';
  const at = new Date(time);
  const padded = (count: number): string => String(count).padStart(2, '0');
  const day = [String(at.getFullYear()).padStart(4, '0'), padded(at.getMonth() + 1), padded(at.getDate())].join('-');
  const seconds = at.getSeconds() === 0 ? '' : `:${padded(at.getSeconds())}`;
  return `${day}T${padded(at.getHours())}:${padded(at.getMinutes())}${seconds}`;
}
