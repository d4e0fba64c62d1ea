import type { EvaluationEnvironment } from '../../../../dsl/expressions/api.ts';
import type { Json, PlannedFleet, Template, WaterflowError } from '../../../../schemas/index.ts';
import { errorAt, type Result } from '../../errors.ts';
import { type Field, shown, unfit, valueOf } from '../../templates.ts';
import type { Waves } from '../state.ts';

/** The hosts of a job that runs on a fleet, and how they follow each other. */
export interface Fleet {
  readonly hosts: readonly FleetHost[];
  readonly waves: Waves;
}

/** A host, and what stands for it in keys and names: `@web-3`. */
export interface FleetHost {
  readonly host: string;
  readonly mark: string;
}

/** Picks the hosts that take part among those of a queue, and evaluates how they follow each other. */
export function fleetOf(
  fleet: PlannedFleet,
  known: readonly string[],
  { environment, queue }: { readonly environment: EvaluationEnvironment; readonly queue: string },
): Result<Fleet> {
  const sorted = [...new Set(known)].sort(byNumbersInside);
  if (sorted.length === 0) return { error: withoutHosts(fleet, queue) };
  const chosen = chosenHosts(fleet, sorted, environment);
  return 'error' in chosen ? chosen : fleetOfHosts(fleet, chosen.ok, environment);
}

/** The fleet of hosts that are chosen already. */
export function fleetOfHosts(
  fleet: PlannedFleet,
  hosts: readonly string[],
  environment: EvaluationEnvironment,
): Result<Fleet> {
  const { at } = fleet;
  const total = hosts.length;
  const size = (template: Template | undefined, field: SizeField) =>
    template === undefined ? { ok: field.absent } : sizeOf(template, environment, { ...field, at, total });
  const batch = size(fleet.batch, { name: 'batch', least: 1, rounded: 'up', absent: total });
  if ('error' in batch) return batch;
  const failures = size(fleet.max_failures, { name: 'max-failures', least: 0, rounded: 'down', absent: 0 });
  if ('error' in failures) return failures;
  const canary = size(fleet.canary, { name: 'canary', least: 0, rounded: 'up', absent: 0 });
  if ('error' in canary) return canary;
  const waves = { canary: canary.ok, batch: batch.ok, max_failures: failures.ok };
  return { ok: { hosts: marked(hosts), waves } };
}

function chosenHosts(
  { hosts, at }: PlannedFleet,
  sorted: readonly string[],
  environment: EvaluationEnvironment,
): Result<readonly string[]> {
  const value = valueOf(hosts, environment);
  if ('error' in value) return value;
  if (value.ok === 'all') return { ok: sorted };
  const field = { name: 'hosts', at, total: sorted.length, least: 1, rounded: 'up', words: ['all'] } as const;
  const count = sizeIn(hosts, value.ok, field);
  if ('error' in count) return count;
  if (count.ok <= sorted.length) return { ok: sorted.slice(0, count.ok) };
  return {
    error: errorAt(at, {
      code: 'INVALID_VALUE',
      message: `the job asks for ${count.ok} hosts, and its queue has ${sorted.length}`,
      remedy: 'Start more agents for the queue, or ask for fewer hosts, a share such as `50%`, or `all`.',
    }),
  };
}

interface SizeField {
  readonly name: string;
  readonly least: 0 | 1;
  /** What a share that is no whole number of hosts comes to. */
  readonly rounded: 'up' | 'down';
  readonly absent: number;
}

type MeasuredField = Omit<SizeField, 'absent'> & Field & { readonly total: number; readonly words?: readonly string[] };

function sizeOf(template: Template, environment: EvaluationEnvironment, field: MeasuredField): Result<number> {
  const value = valueOf(template, environment);
  return 'error' in value ? value : sizeIn(template, value.ok, field);
}

/** A count, or a share as `25%` of the total. */
function sizeIn(template: Template, value: Json, field: MeasuredField): Result<number> {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  const percent = Number(share);
  if (share !== undefined && percent <= 100 && (percent > 0 || field.least === 0)) {
    // Multiplied first: 0.1 of 30 hosts would be a little more than 3.
    const hosts = (percent * field.total) / 100;
    return { ok: Math.max(field.least, field.rounded === 'up' ? Math.ceil(hosts) : Math.floor(hosts)) };
  }
  const count = typeof value === 'number' ? value : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count) && count >= field.least) return { ok: count };
  const words = field.words === undefined ? '' : `${field.words.map((word) => `\`${word}\``).join(', ')}, `;
  const expected = `${words}a whole number from ${field.least} on, or a share such as \`25%\``;
  return unfit(template, field, { expected, value });
}

/** Marks without what would be read as another level of a key, or would not stand in a line; each once. */
function marked(hosts: readonly string[]): readonly FleetHost[] {
  const used = new Set<string>();
  return hosts.map((host) => {
    const plain = `@${host.replaceAll(/\p{C}/gu, ' ').replaceAll(' / ', '/')}`;
    let mark = plain;
    for (let count = 2; used.has(mark); count += 1) mark = `${plain} #${count}`;
    used.add(mark);
    return { host, mark };
  });
}

function withoutHosts({ at }: PlannedFleet, queue: string): WaterflowError {
  return errorAt(at, {
    code: 'QUEUE_EMPTY',
    message: `the queue ${shown(queue)} has no host`,
    remedy: 'Start an agent for the queue, or name another one under `runs-on`.',
  });
}

const number = /(\d+)/;

/** web-2 before web-10: runs of digits count as numbers. It depends on no locale, so every machine sorts alike. */
function byNumbersInside(one: string, other: string): number {
  const [left, right] = [one.split(number), other.split(number)];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [a = '', b = ''] = [left[index], right[index]];
    // Every second part is a run of digits.
    const order = index % 2 === 1 ? compareDigits(a, b) : compareText(a, b);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(one, other);
}

/** Without the loss of a conversion to numbers. */
function compareDigits(one: string, other: string): number {
  const [a, b] = [one.replace(/^0+(?=\d)/, ''), other.replace(/^0+(?=\d)/, '')];
  return a.length - b.length || compareText(a, b);
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
