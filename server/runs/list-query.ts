import type { RunStatus } from '../../engine/port.ts';
import { type Json, WaterflowFailure } from '../../schemas/index.ts';
import type { RunFilter } from '../../storage/records/port.ts';
import type { Principal } from '../auth/principal.ts';
import { tenantOfList } from '../schedules/tenants.ts';
import { statusesOf } from './shown.ts';

/** What a list is asked for, as the route's schema allows it. */
type Query = Readonly<Record<string, Json>>;

/** The runs that a query asks for, of those that somebody may see. FORBIDDEN where it names another tenant than theirs. */
export function filterOf(principal: Principal, query: Query): RunFilter {
  const { status, name, label, queue, origin, created_after, created_before, tenant_id, awaits } = query;
  const tenant = tenantOfList(principal, textOf(tenant_id));
  const [from, until] = [timeOf(created_after), timeOf(created_before)];
  // The schema of the query has the statuses.
  const statuses = textsOf(status).flatMap((one) => statusesOf(one as RunStatus));
  // In one order, as the cursor tells filters apart by their text.
  const labels = textsOf(label).toSorted().map(labelOf);
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(statuses.length === 0 ? {} : { status: statuses }),
    ...(typeof name === 'string' ? { name } : {}),
    ...(from === undefined ? {} : { created_from: from }),
    ...(until === undefined ? {} : { created_until: until }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
    ...(typeof queue === 'string' ? { queue } : {}),
    // The schema of the query has the kinds.
    ...(typeof awaits === 'string' ? { awaits: awaits as NonNullable<RunFilter['awaits']> } : {}),
    ...(typeof origin === 'string' ? { origin: originOf(origin) } : {}),
  };
}

function labelOf(text: string): readonly [string, string] {
  const end = text.indexOf(':');
  return [text.slice(0, end), text.slice(end + 1)];
}

const kindsByPrefix = { key: 'api', sch: 'schedule', whk: 'webhook' } as const;

/** What started runs: a kind, or the id of one thing, whose prefix says of which kind it is. */
function originOf(text: string): NonNullable<RunFilter['origin']> {
  const end = text.indexOf('_');
  // The schema of the query allows no other texts.
  if (end === -1) return { kind: text as NonNullable<RunFilter['origin']>['kind'] };
  return { kind: kindsByPrefix[text.slice(0, end) as keyof typeof kindsByPrefix], id: text };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** The schema of the query says that it is a time; that there is such a one, as a leap second, it does not. */
function timeOf(value: Json | undefined): number | undefined {
  if (typeof value !== 'string') return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw noSuchTime(value);
  return time;
}

function noSuchTime(text: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `${text} is no time`,
    remedy: 'Write one as RFC 3339 has it: 2026-05-01T12:00:00Z.',
  });
}
