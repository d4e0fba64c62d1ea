import type { Json } from 'waterflow/plugin';

const kinds = ['ok', 'changed', 'failures', 'unreachable', 'skipped', 'rescued', 'ignored'] as const;

/** How many tasks ended in each way. */
export type Counts = Readonly<Record<(typeof kinds)[number], number>>;

/** What became of a playbook. */
export interface Results {
  readonly changed: boolean;
  readonly hosts: Readonly<Record<string, Counts>>;
  readonly totals: Counts;
  readonly failed_hosts: readonly string[];
  readonly unreachable_hosts: readonly string[];
  readonly stats: Readonly<Record<string, Json>>;
}

/** Reads what the callback plugin wrote: nothing where Ansible ended before it came to that. */
export function readResults(text: string): Results | undefined {
  const written = text === '' ? undefined : parsed(text);
  if (written === undefined) return undefined;
  const { hosts, stats } = written;
  const counts = Object.entries(hosts);
  const named = (kind: keyof Counts): readonly string[] =>
    counts.filter(([, count]) => count[kind] > 0).map(([name]) => name);
  // One key for each of `kinds`.
  const totals = Object.fromEntries(
    kinds.map((kind) => [kind, counts.reduce((sum, [, count]) => sum + count[kind], 0)]),
  ) as Counts;
  return {
    changed: totals.changed > 0,
    hosts,
    totals,
    failed_hosts: named('failures'),
    unreachable_hosts: named('unreachable'),
    stats,
  };
}

/** Our own callback plugin's, unless the playbook put something else in its place, which is then of no use. */
function parsed(text: string): Pick<Results, 'hosts' | 'stats'> | undefined {
  try {
    // What the callback plugin writes.
    return JSON.parse(text) as Pick<Results, 'hosts' | 'stats'>;
  } catch {
    return undefined;
  }
}

/** At most so many names in a message. */
const namesShown = 10;

/** Why the step failed, for the person who reads it. */
export function failureOf(exitCode: number, results: Results | undefined): { message: string; remedy: string } {
  const ended = `ansible-playbook ended with exit code ${exitCode}`;
  if (results === undefined || results.failed_hosts.length + results.unreachable_hosts.length === 0) {
    return { message: `${ended}; its messages are in the log`, remedy: 'Its last messages in the log say why.' };
  }
  const of = Object.keys(results.hosts).length;
  const parts = [
    ...phrase('failed', results.failed_hosts, of),
    ...phrase('could not be reached', results.unreachable_hosts, of),
  ];
  return {
    message: `${ended}: ${parts.join('; ')}`,
    remedy: 'The tasks that failed are in the log, each with `fatal:` before it.',
  };
}

function phrase(what: string, names: readonly string[], of: number): readonly string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, namesShown).join(', ');
  return [`${names.length} of ${of} hosts ${what} (${shown}${names.length > namesShown ? ', …' : ''})`];
}
