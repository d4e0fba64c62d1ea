import type { PlannedConcurrency, PlannedJob, PlannedStep, Template } from '../../schemas/index.ts';
import type { Need } from '../check/needs.ts';
import { type Declarations, type JobScopes, jobScopes } from '../check/scopes.ts';
import { StepIds } from '../check/step-ids.ts';
import { explainStep, type StepPlaces, stepPlaces } from '../check/step-places.ts';
import { quote } from '../quote.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { readCall } from './call.ts';
import { fittingFields } from './call-keys.ts';
import { readConcurrency } from './concurrency.ts';
import { type RunDefaults, readDefaults } from './defaults.ts';
import { emptyEnv, readEnv } from './env.ts';
import { readEnvironment } from './environment.ts';
import { type Fields, type KeyTable, readFields } from './fields.ts';
import { checkIdentifier, readBoolean, readDuration, readLiteralText } from './literals.ts';
import { readPermissions } from './permissions.ts';
import { asMapping, type Reading, reportWrongType } from './reading.ts';
import type { References } from './references.ts';
import { readRetry } from './retry.ts';
import { readRunsOn, warnOfUnknownQueue } from './runs-on.ts';
import { readSteps, readTimeout } from './step.ts';
import { StepCount, stepItems } from './steps.ts';
import { readStrategy } from './strategy.ts';
import {
  type ExplainName,
  objectTemplate,
  type Place,
  readCondition,
  readTextTemplate,
  reportExpressionInKey,
} from './templates.ts';

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
  later: [],
};

const defaultTimeoutMinutes = 360;
const defaultLostAfterMs = 120_000;
/** An agent reports every few seconds; what is shorter would lose healthy ones. */
const leastLostAfterMs = 15_000;
/** Sooner no agent could take a job. */
const leastQueueTimeoutMs = 1000;

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
    needs: needs.map(({ job }) => job),
    strategy: fields.get('strategy')?.value,
  });
  const places = stepPlaces(fields.get('steps')?.value);
  const explainName = nameExplainer(around.declarations, places);
  const references = around.references.copy();
  const own = readOwn(reading, fields, { scopes, explainName, references, concurrency: around.concurrency });
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

type Own = Omit<PlannedJob, 'id' | 'needs' | 'outputs' | 'steps' | 'at'>;

interface JobReading {
  readonly scopes: JobScopes;
  readonly explainName: ExplainName;
  readonly references: References;
}

interface OwnReading extends JobReading {
  /** The workflow's. */
  readonly concurrency: PlannedConcurrency | undefined;
}

function readOwn(reading: Reading, fields: Fields<JobKey>, around: OwnReading): Own {
  const { scopes, explainName, references } = around;
  const place: Place = { scope: scopes.own, explainName };
  const value = (key: JobKey): TreeNode | undefined => fields.get(key)?.value;
  const given = <Value>(key: JobKey, read: (node: TreeNode) => Value): Value | undefined => {
    const node = value(key);
    return node === undefined ? undefined : read(node);
  };
  const name = given('name', (node) => readTextTemplate(reading, node, { ...place, subject: '`name`' }));
  const condition = given('if', (node) => readCondition(reading, node, { scope: scopes.condition, explainName }));
  const retry = given('retry', (node) => readRetry(reading, node, place));
  const permissions = given('permissions', (node) => readPermissions(reading, node, place));
  const env = given('env', (node) => readEnv(reading, node, { ...place, onExpression: references.collect }));
  const lostAfter = given('lost-after', (node) =>
    readDuration(reading, node, { subject: '`lost-after`', minimum_ms: leastLostAfterMs }),
  );
  const queueTimeout = given('queue-timeout', (node) =>
    readDuration(reading, node, { subject: '`queue-timeout`', minimum_ms: leastQueueTimeoutMs }),
  );
  const keepWorkspace = given('keep-workspace', (node) => readBoolean(reading, node, { subject: '`keep-workspace`' }));
  const concurrencyEntry = fields.get('concurrency');
  const concurrency =
    concurrencyEntry === undefined
      ? undefined
      : readConcurrency(reading, concurrencyEntry, {
          scope: scopes.concurrency,
          explainName,
          around: around.concurrency,
        });
  const environmentEntry = fields.get('environment');
  const environment = environmentEntry === undefined ? undefined : readEnvironment(reading, environmentEntry, place);
  const strategyEntry = fields.get('strategy');
  const runsOn = readRunsOn(reading, { entry: fields.get('runs-on'), strategy: strategyEntry }, place);
  const strategy =
    strategyEntry === undefined
      ? undefined
      : readStrategy(reading, strategyEntry, { scope: scopes.strategy, explainName });
  return {
    ...(name === undefined ? {} : { name }),
    ...(condition === undefined ? {} : { if: condition }),
    runs_on: runsOn.queue,
    ...(runsOn.fleet === undefined ? {} : { fleet: runsOn.fleet }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(environment === undefined ? {} : { environment }),
    timeout_minutes: given('timeout-minutes', (node) => readTimeout(reading, node, place)) ?? {
      kind: 'literal',
      value: defaultTimeoutMinutes,
    },
    ...(queueTimeout === undefined ? {} : { queue_timeout_ms: queueTimeout }),
    lost_after_ms: lostAfter ?? defaultLostAfterMs,
    ...(keepWorkspace === undefined ? {} : { keep_workspace: keepWorkspace }),
    ...(retry === undefined ? {} : { retry }),
    env: (env ?? emptyEnv).template,
    ...(permissions === undefined ? {} : { permissions }),
  };
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

interface StepsReading extends JobReading {
  readonly places: StepPlaces;
  readonly defaults: RunDefaults;
  readonly fields: Fields<JobKey>;
}

function readJobSteps(reading: Reading, entry: MappingEntry, around: StepsReading): readonly PlannedStep[] {
  const steps = around.fields.get('steps');
  const remedy = 'Add `steps:` with at least one `- run: …` or `- uses: …`, or call a workflow: `uses: ./other.yml`.';
  if (steps === undefined) {
    // A job that calls another workflow has none.
    if (around.fields.get('uses') !== undefined) return [];
    if (around.fields.isMisspelt('steps') || around.fields.isMisspelt('uses')) return [];
    reading.report.error(entry.keySpan, {
      code: 'MISSING_KEY',
      message: `the job ${quote(entry.key)} has no \`steps\``,
      remedy,
      within: entry.value.span,
    });
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
