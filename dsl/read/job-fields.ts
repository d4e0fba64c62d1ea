import type { PlannedConcurrency, PlannedJob } from '../../schemas/index.ts';
import type { JobScopes } from '../check/scopes.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { readConcurrency } from './concurrency.ts';
import { emptyEnv, readEnv } from './env.ts';
import { readEnvironment } from './environment.ts';
import type { Fields } from './fields.ts';
import type { JobKey } from './job.ts';
import { readBoolean, readDuration } from './literals.ts';
import { readPermissions } from './permissions.ts';
import type { Reading } from './reading.ts';
import type { References } from './references.ts';
import { readRetry } from './retry.ts';
import { readRunsOn } from './runs-on.ts';
import { readTimeout } from './step.ts';
import { readStrategy } from './strategy.ts';
import { type ExplainName, type Place, readCondition, readTextTemplate } from './templates.ts';

const defaultTimeoutMinutes = 360;
const defaultLostAfterMs = 120_000;
/** An agent reports every few seconds; what is shorter would lose healthy ones. */
const leastLostAfterMs = 15_000;
/** Sooner no agent could take a job. */
const leastQueueTimeoutMs = 1000;

/** What the fields of a job are read with. */
export interface JobFieldsPlace {
  readonly scopes: JobScopes;
  readonly explainName: ExplainName;
  readonly references: References;
  /** The workflow's. */
  readonly concurrency: PlannedConcurrency | undefined;
}

/** What a job has beside its steps, what it needs and what it gives. */
export type JobFields = Omit<PlannedJob, 'id' | 'needs' | 'outputs' | 'calls' | 'steps' | 'at'>;

/** A job's keys -> what they say, with every default filled in; but for those that steps, calls or other jobs have a part in. */
export function readJobFields(reading: Reading, fields: Fields<JobKey>, place: JobFieldsPlace): JobFields {
  const { scopes, explainName, references } = place;
  const own: Place = { scope: scopes.own, explainName };
  const given = givenIn(fields);
  const name = given('name', ({ value }) => readTextTemplate(reading, value, { ...own, subject: '`name`' }));
  const condition = given('if', ({ value }) => readCondition(reading, value, { scope: scopes.condition, explainName }));
  const env = given('env', ({ value }) => readEnv(reading, value, { ...own, onExpression: references.collect }));
  const permissions = given('permissions', ({ value }) => readPermissions(reading, value, own));
  return {
    ...(name === undefined ? {} : { name }),
    ...(condition === undefined ? {} : { if: condition }),
    ...readSurroundings(reading, fields, place),
    ...readLimits(reading, fields, own),
    env: (env ?? emptyEnv).template,
    ...(permissions === undefined ? {} : { permissions }),
  };
}

type Given = <Value>(key: JobKey, read: (entry: MappingEntry) => Value) => Value | undefined;

function givenIn(fields: Fields<JobKey>): Given {
  return (key, read) => {
    const entry = fields.get(key);
    return entry === undefined ? undefined : read(entry);
  };
}

type Surroundings = Pick<JobFields, 'runs_on' | 'fleet' | 'strategy' | 'concurrency' | 'environment'>;

/** Where a job runs, how often, beside what, and for whom. */
function readSurroundings(reading: Reading, fields: Fields<JobKey>, around: JobFieldsPlace): Surroundings {
  const { scopes, explainName } = around;
  const own: Place = { scope: scopes.own, explainName };
  const given = givenIn(fields);
  const concurrency = given('concurrency', (entry) =>
    readConcurrency(reading, entry, { scope: scopes.concurrency, explainName, around: around.concurrency }),
  );
  const environment = given('environment', (entry) => readEnvironment(reading, entry, own));
  const runsOn = readRunsOn(reading, { entry: fields.get('runs-on'), strategy: fields.get('strategy') }, own);
  const strategy = given('strategy', (entry) => readStrategy(reading, entry, { scope: scopes.strategy, explainName }));
  return {
    runs_on: runsOn.queue,
    ...(runsOn.fleet === undefined ? {} : { fleet: runsOn.fleet }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(environment === undefined ? {} : { environment }),
  };
}

type Limits = Pick<JobFields, 'timeout_minutes' | 'queue_timeout_ms' | 'lost_after_ms' | 'keep_workspace' | 'retry'>;

/** How long a job waits and runs, and what becomes of it when it fails or has ended. */
function readLimits(reading: Reading, fields: Fields<JobKey>, place: Place): Limits {
  const given = givenIn(fields);
  const duration = (subject: string, minimum: number) => (entry: { readonly value: TreeNode }) =>
    readDuration(reading, entry.value, { subject, minimum_ms: minimum });
  const queueTimeout = given('queue-timeout', duration('`queue-timeout`', leastQueueTimeoutMs));
  const lostAfter = given('lost-after', duration('`lost-after`', leastLostAfterMs));
  const keepWorkspace = given('keep-workspace', ({ value }) =>
    readBoolean(reading, value, { subject: '`keep-workspace`' }),
  );
  const retry = given('retry', ({ value }) => readRetry(reading, value, place));
  return {
    timeout_minutes: given('timeout-minutes', ({ value }) => readTimeout(reading, value, place)) ?? {
      kind: 'literal',
      value: defaultTimeoutMinutes,
    },
    ...(queueTimeout === undefined ? {} : { queue_timeout_ms: queueTimeout }),
    lost_after_ms: lostAfter ?? defaultLostAfterMs,
    ...(keepWorkspace === undefined ? {} : { keep_workspace: keepWorkspace }),
    ...(retry === undefined ? {} : { retry }),
  };
}
