import { quote } from '../quote.ts';
import type { Report } from '../source/report.ts';
import type { MappingEntry } from '../tree/node.ts';
import { valueAt } from '../tree/query.ts';

/** Context paths that a file reads. */
type Paths = Iterable<readonly string[]>;

/** The jobs of a file. */
interface OutputJobs {
  readonly entries: readonly MappingEntry[];
  /** In lower case: jobs that another one needs. Outputs of the others are for whoever started the run, who reads them from its result. */
  readonly needed: ReadonlySet<string>;
}

/**
 * Warns of outputs of jobs that no expression of the file reads, though another job needs theirs. Only of a file that nothing else reads:
 * it can't be called.
 */
export function checkUnusedOutputs({ entries, needed }: OutputJobs, read: Paths, report: Report): void {
  const used = usedOutputs(read);
  if (used === 'all') return;
  for (const job of entries) {
    if (!needed.has(job.key.toLowerCase())) continue;
    const outputs = valueAt(job.value, 'outputs');
    const ofJob = used.get(job.key.toLowerCase());
    if (outputs?.kind !== 'mapping' || ofJob === 'all') continue;
    for (const { key, keySpan } of outputs.entries) {
      if (ofJob?.has(key.toLowerCase()) === true) continue;
      report.warning(keySpan, {
        code: 'UNUSED_OUTPUT',
        message: `nothing reads the output ${quote(key)} of the job ${quote(job.key)}`,
        remedy: `Read it as \`needs.${job.key}.outputs.${key}\` in a job that needs this one, or remove it.`,
      });
    }
  }
}

type UsedOutputs = Map<string, Set<string> | 'all'>;

/** Lower-case job -> lower-case outputs; all of them where a job, or its outputs, are read as a whole. */
function usedOutputs(read: Paths): UsedOutputs | 'all' {
  const used: UsedOutputs = new Map();
  for (const [context, job, property, output] of read) {
    if (context !== 'needs') continue;
    if (job === undefined) return 'all';
    const id = job.toLowerCase();
    const known = used.get(id);
    const kind = property?.toLowerCase();
    if (known === 'all' || kind === 'result') continue;
    // `hosts` has outputs in it, too.
    if (kind !== 'outputs' || output === undefined) used.set(id, 'all');
    else used.set(id, (known ?? new Set()).add(output.toLowerCase()));
  }
  return used;
}
