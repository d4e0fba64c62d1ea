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
  /** As fields of date and time have them, in the reader's time zone: `2026-05-01T12:00`. */
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
    from: text('from'),
    until: text('until'),
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
    created_after: timeOf(filter.from),
    created_before: timeOf(filter.until),
  };
}

function timeOf(local: string): string | undefined {
  const time = Date.parse(local);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
