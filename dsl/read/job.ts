import type { PlannedConcurrency, PlannedJob, PlannedStep, Template } from '../../schemas/index.ts';
import type { Need } from '../check/needs.ts';
import { type Declarations, jobScopes } from '../check/scopes.ts';
import { StepIds } from '../check/step-ids.ts';
import { explainStep, type StepPlaces, stepPlaces } from '../check/step-places.ts';
import { quote } from '../quote.ts';
import { mostGuessedAmong, nearest } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { readCall } from './call.ts';
import { fittingFields } from './call-keys.ts';
import { type RunDefaults, readDefaults } from './defaults.ts';
import { type Fields, type KeyTable, readFields, reportMissing } from './fields.ts';
import { type JobFieldsPlace, readJobFields } from './job-fields.ts';
import { checkIdentifier, readLiteralText } from './literals.ts';
import { asMapping, type Reading, reportWrongType } from './reading.ts';
import type { References } from './references.ts';
import { warnOfUnknownQueue } from './runs-on.ts';
import { readSteps } from './step.ts';
import { StepCount, stepItems } from './steps.ts';
import { type ExplainName, objectTemplate, type Place, readTextTemplate, reportExpressionInKey } from './templates.ts';

/** A key of a job. */
export type JobKey =
  | 'name'
  | 'needs'
  | 'if'
  | 'runs-on'
  | 'strategy'
  | 'concurrency'
  | 'environment'
  | 'timeout-minutes'
  | 'queue-timeout'
  | 'lost-after'
  | 'keep-workspace'
  | 'retry'
  | 'env'
  | 'defaults'
  | 'permissions'
  | 'outputs'
  | 'uses'
  | 'with'
  | 'secrets'
  | 'steps';

/** What a job can have. */
export const jobKeys: KeyTable<JobKey> = {
  what: 'a job',
  keys: [
    'name',
    'needs',
    'if',
    'runs-on',
    'strategy',
    'concurrency',
    'environment',
    'timeout-minutes',
    'queue-timeout',
    'lost-after',
    'keep-workspace',
    'retry',
    'env',
    'defaults',
    'permissions',
    'outputs',
    'uses',
    'with',
    'secrets',
    'steps',
  ],
};

/** What a job is read with. */
export interface JobSurroundings {
  readonly declarations: Declarations;
  /** What the workflow's env reads. */
  readonly references: References;
  /** What the workflow's scripts have where they don't say otherwise. */
  readonly defaults: RunDefaults;
  /** The workflow's own. */
  readonly concurrency?: PlannedConcurrency | undefined;
}

/** A job, and what it needs with places. */
export interface ReadJob {
  readonly job: PlannedJob | undefined;
  readonly needs: readonly Need[];
}

/** An entry of `jobs:` -> job. */
export function readJob(reading: Reading, entry: MappingEntry, around: JobSurroundings): ReadJob {
  checkIdentifier(reading, entry.keySpan, { what: 'the id of a job', text: entry.key });
  const written = readFields(reading, entry.value, { ...jobKeys, what: `the job ${quote(entry.key)}` });
  if (written === undefined) return { job: undefined, needs: [] };
  const fields = fittingFields(reading, written);
  const uses = fields.get('uses');
  const needs = readNeeds(reading, fields.get('needs')?.value, around.declarations);
  const scopes = jobScopes(around.declarations, {
    needs: needsMeant(needs, around.declarations),
    // A misspelt one has axes, but which is not known.
    strategy: fields.isMisspelt('strategy') ? { kind: 'invalid', span: entry.keySpan } : fields.get('strategy')?.value,
  });
  const places = stepPlaces(fields.get('steps')?.value);
  const explainName = nameExplainer(around.declarations, places);
  const references = around.references.copy();
  const own = readJobFields(reading, fields, { scopes, explainName, references, concurrency: around.concurrency });
  const defaults = readDefaults(reading, fields.get('defaults')?.value, around.defaults);
  const steps = readJobSteps(reading, entry, { fields, scopes, places, explainName, references, defaults });
  const outputs = fields.get('outputs')?.value;
  const call =
    uses === undefined
      ? undefined
      : readCall(
          reading,
          { uses, with: fields.get('with'), secrets: fields.get('secrets') },
          { scope: scopes.own, explainName },
        );
  const job: PlannedJob = {
    id: entry.key,
    needs: needs.map(({ job: id }) => id),
    ...own,
    // After the steps: here all of them can be seen.
    outputs:
      outputs === undefined
        ? { kind: 'literal', value: {} }
        : readOutputs(reading, outputs, { scope: scopes.outputs, explainName }),
    ...(call === undefined ? {} : { calls: call }),
    steps,
    at: reading.report.position(entry.keySpan.start),
  };
  warnOfUnknownQueue(reading, entry, job);
  return { job, needs };
}

function readNeeds(reading: Reading, node: TreeNode | undefined, { jobs, jobIds }: Declarations): readonly Need[] {
  if (node === undefined) return [];
  const items = node.kind === 'sequence' ? node.items : [node];
  return items.flatMap((item): Need[] => {
    if (node.kind === 'mapping') {
      reportWrongType(reading, node, { subject: '`needs`', expected: "a job's id or a list of them" });
      return [];
    }
    const job = readLiteralText(reading, item, { subject: '`needs`' });
    if (job === undefined) return [];
    // Letter case doesn't tell jobs apart, so it may be another one than where the job is.
    return [{ job: jobs.has(job) ? job : (jobIds.get(job.toLowerCase()) ?? job), span: item.span }];
  });
}

/** The ids of the jobs that are needed, and of those that a misspelt one most likely meant: expressions may have the right name. */
function needsMeant(needs: readonly Need[], { jobs }: Declarations): readonly string[] {
  return needs.flatMap(({ job }) =>
    jobs.has(job) ? [job] : [job, nearest(job, [...jobs.keys().take(mostGuessedAmong)]) ?? job],
  );
}

/** Says of a name that isn't seen from here where it is. */
function nameExplainer(declarations: Declarations, places: StepPlaces): ExplainName {
  return (context, name) => {
    if (context === 'steps') return explainStep(places, name, []);
    if (declarations.jobs.has(name)) {
      return {
        message: `this job doesn't need ${quote(name)}, so its outputs may not be there yet`,
        remedy: `Add ${quote(name)} to this job's \`needs\`.`,
      };
    }
    return undefined;
  };
}

interface StepsReading extends Omit<JobFieldsPlace, 'concurrency'> {
  readonly places: StepPlaces;
  readonly defaults: RunDefaults;
  readonly fields: Fields<JobKey>;
}

function readOutputs(reading: Reading, node: TreeNode, place: Place): Template {
  const mapping = asMapping(reading, node, {
    subject: '`outputs`',
    remedy: 'Write `name: ${{ steps.id.outputs.name }}` below it.',
  });
  return objectTemplate(
    (mapping?.entries ?? []).map((entry) => {
      reportExpressionInKey(reading, entry);
      if (!entry.key.includes('${{')) checkIdentifier(reading, entry.keySpan, { what: 'an output', text: entry.key });
      return [
        entry.key,
        readTextTemplate(reading, entry.value, { ...place, subject: `the output ${quote(entry.key)}` }),
      ] as const;
    }),
  );
}

function readJobSteps(reading: Reading, entry: MappingEntry, around: StepsReading): readonly PlannedStep[] {
  const steps = around.fields.get('steps');
  const remedy = 'Add `steps:` with at least one `- run: …` or `- uses: …`, or call a workflow: `uses: ./other.yml`.';
  if (steps === undefined) {
    // A job that calls another workflow has none.
    if (around.fields.get('uses') !== undefined) return [];
    if (around.fields.isMisspelt('uses')) return [];
    const message = `the job ${quote(entry.key)} has no \`steps\``;
    reportMissing(reading, around.fields, { key: 'steps', at: entry.keySpan, message, remedy });
    return [];
  }
  const items = stepItems(reading, steps, {
    subject: '`steps`',
    empty: `the job ${quote(entry.key)} has no steps`,
    remedy,
  });
  const { scopes, places, explainName, references, defaults } = around;
  return readSteps(reading, items, {
    first: 0,
    scopes: scopes.steps,
    holders: [],
    places,
    explainName,
    references,
    defaults,
    ids: new StepIds(),
    count: new StepCount(entry.key),
  });
}
