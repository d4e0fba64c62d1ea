import { type AuditedHostCall, type AuditSubject, programOperations } from '../../runtime/audit/index.ts';
import { capabilities } from '../../runtime/capabilities/table.ts';
import { parseDuration } from '../../schemas/index.ts';
import { usageError } from '../command.ts';

/** Which calls are wanted, as the command line says it. */
export interface FilterOptions {
  readonly plugin?: string;
  readonly job?: string;
  readonly step?: string;
  readonly capability?: string;
  readonly operation?: string;
  readonly decision?: AuditedHostCall['decision'];
  readonly since?: string;
  readonly until?: string;
}

type Dated = AuditSubject & { readonly at: string };

/** Whether something is wanted, by whose it is and when it was. `now` in ms since the epoch. Throws USAGE. */
export function subjectFilter(options: FilterOptions, now: number): (subject: Dated) => boolean {
  const { plugin, job, step } = options;
  const since = timeOf('--since', options.since, now) ?? Number.NEGATIVE_INFINITY;
  const until = timeOf('--until', options.until, now) ?? Number.POSITIVE_INFINITY;
  return (subject) => {
    const at = Date.parse(subject.at);
    if (at < since || at >= until) return false;
    if (job !== undefined && subject.job !== job) return false;
    if (step !== undefined && subject.step !== step) return false;
    return plugin === undefined || isPlugin(subject.plugin, plugin);
  };
}

/** The same of host calls. A call that was refused while it was carried out is one that was denied. Throws USAGE for unknown names. */
export function callFilter(options: FilterOptions, now: number): (call: AuditedHostCall) => boolean {
  const { capability, operation, decision } = options;
  requireKnown(options);
  const isWanted = subjectFilter(options, now);
  return (audited) => {
    if (capability !== undefined && audited.call.capability !== capability) return false;
    if (operation !== undefined && audited.call.operation !== operation) return false;
    return (decision === undefined || decisionOf(audited) === decision) && isWanted(audited);
  };
}

/** A name that no call can have would find nothing, as a right one does in a run that was well-behaved. */
function requireKnown({ capability, operation }: FilterOptions): void {
  if (capability !== undefined && !capabilities.has(capability)) {
    throw usageError(`there is no capability \`${capability}\``, `There are ${[...capabilities.keys()].join(', ')}.`);
  }
  if (operation === undefined) return;
  const asked = [...capabilities.values()].filter(({ name }) => capability === undefined || name === capability);
  const operations = asked.flatMap((each) => [
    ...Object.keys(each.operations),
    ...(programOperations.get(each.name) ?? []),
  ]);
  if (operations.includes(operation)) return;
  throw usageError(
    `${capability === undefined ? 'no capability' : `\`${capability}\``} has no operation \`${operation}\``,
    `There are ${[...new Set(operations)].join(', ')}.`,
  );
}

/** What was decided in the end. */
export function decisionOf({ decision, result }: AuditedHostCall): AuditedHostCall['decision'] {
  return result === 'denied' ? 'denied' : decision;
}

function isPlugin({ name, version, digest }: AuditSubject['plugin'], wanted: string): boolean {
  if (wanted.startsWith('sha256:')) return digest.startsWith(wanted);
  return wanted === name || wanted === `${name}@${version}`;
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/u;

function timeOf(option: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  const at = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw usageError(
    `${option} ${JSON.stringify(text)} is no time`,
    'Write one as 2026-05-01T12:00:00Z, or how long ago it was: 90s, 1h30m, 7d.',
  );
}
