import { quote } from '../quote.ts';
import type { Fields } from './fields.ts';
import type { JobKey } from './job.ts';
import type { Reading } from './reading.ts';

const atItsJobs = 'Write it at the jobs of the called workflow.';

/** What a job that calls another workflow can't have, and what to do instead. */
const refused: Partial<Readonly<Record<JobKey, string>>> = {
  'runs-on': 'Remove it: the jobs of the called workflow name their queues.',
  environment: atItsJobs,
  'timeout-minutes': atItsJobs,
  'queue-timeout': atItsJobs,
  'lost-after': atItsJobs,
  'keep-workspace': atItsJobs,
  retry: atItsJobs,
  env: 'Hand values over under `with`: variables stay in the file that sets them.',
  defaults: atItsJobs,
  outputs: 'Remove it: the job has the outputs that the called workflow gives under `workflow_call`.',
  steps: 'Make two jobs of it: one that calls the workflow, and one with the steps.',
};

/** The keys of a job without those that don't go with `uses`, or that are nothing without it; each is reported. */
export function fittingFields(reading: Reading, fields: Fields<JobKey>): Fields<JobKey> {
  const isCall = fields.get('uses') !== undefined;
  const unfit = new Set<JobKey>();
  for (const { key, keySpan } of fields.mapping.entries) {
    // A key that isn't one has been reported.
    const known = isCall ? refusedKeys.find((name) => name === key) : callKeys.find((name) => name === key);
    if (known === undefined) continue;
    unfit.add(known);
    reading.report.error(keySpan, {
      code: 'INVALID_VALUE',
      message: isCall
        ? `${quote(key)} can't stand beside \`uses\`: the job calls another workflow`
        : `${quote(key)} belongs to \`uses\`, by which a job calls another workflow`,
      remedy: isCall
        ? (refused[known] ?? atItsJobs)
        : key === 'with'
          ? 'Write it at the step whose node it is for, or add `uses: ./other.yml`.'
          : 'Remove it: steps read `secrets` in `with` and `env`.',
    });
  }
  return { ...fields, get: (key) => (unfit.has(key) ? undefined : fields.get(key)) };
}

const callKeys: readonly JobKey[] = ['with', 'secrets'];
// Keys of an object literal of ours are what its type says.
const refusedKeys = Object.keys(refused) as readonly JobKey[];
