import { isMap, isScalar, isSeq } from 'yaml';
import { grantableNames } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import { callRules, standInForCall } from './call.ts';
import { importConcurrency } from './concurrency.ts';
import { importDefaults, shellDefault } from './defaults.ts';
import { importEnvironment } from './environment.ts';
import {
  applyRules,
  fieldsOf,
  type KeyRules,
  keep,
  type MappingField,
  type PlacedMap,
  remove,
  replace,
  scalarText,
  without,
} from './mapping.ts';
import type { ImportRecord, Remark } from './record.ts';
import { envNames, importStep, type StepSurroundings } from './step.ts';

/** Scopes of GitHub's token, of the workflow or a job. */
export const tokenScopes: Remark = {
  outcome: 'dropped',
  message: 'there is no token whose scopes could be narrowed',
  remedy: `Narrow what steps may do by \`permissions\` of Waterflow: ${grantableNames.join(', ')}.`,
};

/** A remark on what this version can't do. */
function unsupported(what: string, remedy: string): Remark {
  return { outcome: 'todo', message: `${what} not supported by this version`, remedy };
}

/** A job of GitHub -> one that runs here. */
export function importJob(job: PlacedMap, around: StepSurroundings): void {
  const { record } = around;
  const called = fieldsOf(job).find(({ key }) => key === 'uses');
  const inner: StepSurroundings = {
    ...around,
    defaults: { ...around.defaults, ...shellDefault(job.map.get('defaults', true)) },
    env: [...around.env, ...envNames(job.map.get('env', true))],
  };
  const steps = fieldsOf(job).find(({ key }) => key === 'steps');
  job.map.flow = false;
  if (steps !== undefined && isSeq(steps.value)) {
    steps.value.flow = false;
    for (const [index, step] of steps.value.items.entries()) {
      if (isMap(step)) importStep({ map: step, path: [...steps.place.path, index] }, inner);
    }
  }
  applyRules(job, { what: 'a job', rules: { ...jobRules, ...callRules(job) } }, record);
  if (called !== undefined) standInForCall(job, scalarText(called.value) ?? '');
}

const jobRules: KeyRules['rules'] = {
  name: keep,
  needs: keep,
  if: keep,
  env: keep,
  outputs: keep,
  steps: keep,
  'timeout-minutes': keep,
  'runs-on': importRunner,
  strategy: importStrategy,
  defaults: importDefaults,
  permissions: without(tokenScopes),
  concurrency: importConcurrency,
  environment: importEnvironment,
  container: without(
    unsupported('running a job in a container is', 'Install what it needs on the machine of the agent.'),
  ),
  services: without(
    unsupported(
      '`services` are',
      'Start each by a step with the node `docker@v1` and `detach: true`; it is removed when the run ends.',
    ),
  ),
  'continue-on-error': without(unsupported('`continue-on-error` of a job is', 'Write it at the steps that may fail.')),
};

/** GitHub's machines have names; here one queue serves all on one machine. */
function importRunner(field: MappingField, record: ImportRecord): void {
  const written = isScalar(field.value) ? (scalarText(field.value) ?? '') : 'a list or a group';
  const isForeign = /\b(windows|macos)/i.test(isScalar(field.value) ? written : String(field.value));
  const message = isScalar(field.value)
    ? `the runner ${quote(written)} is the queue \`local\` here`
    : 'runners are the queue `local` here';
  replace(field, record, {
    value: 'local',
    ...(isForeign
      ? {
          outcome: 'todo',
          message: `${message}, which is no Windows and no macOS of GitHub's`,
          remedy: 'Check that the scripts run on the machine of the agent.',
        }
      : { outcome: 'changed', message }),
  });
}

/** A strategy needs a matrix here. */
function importStrategy(field: MappingField, record: ImportRecord): void {
  if (!isMap(field.value)) return;
  const inner = { map: field.value, path: field.place.path };
  if (!field.value.has('matrix')) {
    remove(field, record, { outcome: 'dropped', message: 'a strategy without a matrix changes nothing' });
    return;
  }
  applyRules(inner, { what: 'a strategy', rules: { matrix: keep, 'fail-fast': keep, 'max-parallel': keep } }, record);
}
