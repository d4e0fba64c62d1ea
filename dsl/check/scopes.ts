import type { ExpressionScope, Shape } from '../expressions/index.ts';
import { expressionScope } from '../expressions/index.ts';
import type { TreeNode } from '../tree/node.ts';
import { keysOf, valueAt } from '../tree/query.ts';
import {
  anyShape,
  closedShape,
  endShape,
  jobShape,
  matrixShape,
  namedShape,
  openShape,
  runnerShape,
  strategyShape,
  tenantShape,
  workflowShape,
} from './known-shapes.ts';
import { type StepsScope, stepsScope } from './step-scopes.ts';
import { likelyNames, valueMeant } from './stray-names.ts';
import { VisibleSteps } from './visible-steps.ts';

/** What a job lets others see, known before anything is checked. */
interface JobDeclaration {
  /** Undefined where any name may turn up. */
  readonly outputs: readonly string[] | undefined;
  /** It runs on several hosts, each with a result and outputs of its own. */
  readonly isFleet: boolean;
}

/** Names that expressions anywhere in the file may use. */
export interface Declarations {
  readonly inputs: Shape;
  readonly jobs: ReadonlyMap<string, JobDeclaration>;
  /** Lower-case id -> id, of the first job that has it. */
  readonly jobIds: ReadonlyMap<string, string>;
}

/** The outputs of the workflow that a job calls by `uses`; undefined where they can't be known. */
export type OutputsOfCall = (uses: TreeNode) => readonly string[] | undefined;

/** Collects the names; what is wrong with them the reader reports when it comes to them. */
export function collectDeclarations(
  inputs: Shape,
  jobs: TreeNode | undefined,
  outputsOfCall: OutputsOfCall,
): Declarations {
  const entries = jobs?.kind === 'mapping' ? jobs.entries : [];
  return {
    inputs,
    jobs: new Map(entries.map(({ key, value }) => [key, declarationOf(value, outputsOfCall)])),
    jobIds: new Map(entries.toReversed().map(({ key }) => [key.toLowerCase(), key])),
  };
}

function declarationOf(job: TreeNode, outputsOfCall: OutputsOfCall): JobDeclaration {
  const uses = valueAt(job, 'uses');
  if (uses !== undefined) return { outputs: outputsOfCall(uses), isFleet: false };
  const outputs = valueMeant(job, 'outputs');
  return {
    outputs: outputs === undefined || outputs.kind === 'mapping' ? keysOf(outputs).flatMap(likelyNames) : undefined,
    isFleet: valueAt(job, 'runs-on')?.kind === 'mapping',
  };
}

/** Where the workflow's own expressions stand. */
export function workflowScope(declarations: Declarations): ExpressionScope {
  return expressionScope('workflow', runShapes(declarations));
}

/** Where the run's name and the workflow's concurrency stand. */
export function runNameScope(declarations: Declarations): ExpressionScope {
  return expressionScope('run-name', { ...runShapes(declarations), workflow: workflowShape });
}

/** Where the outputs of a called workflow stand. */
export function workflowOutputsScope(declarations: Declarations): ExpressionScope {
  const jobs = Array.from(declarations.jobs, ([id, { outputs }]): [string, Shape] => [
    id,
    closedShape({ result: endShape, outputs: outputs === undefined ? openShape : namedShape(outputs) }),
  ]);
  return expressionScope('workflow-outputs', {
    ...runShapes(declarations),
    jobs: { kind: 'object', properties: Object.fromEntries(jobs) },
  });
}

/** Where a webhook's filter and inputs stand: its body is whatever was sent. */
export const webhookScope: ExpressionScope = expressionScope('webhook', {
  webhook: { kind: 'object', properties: { headers: openShape, body: anyShape } },
  vars: openShape,
  tenant: tenantShape,
});

function runShapes(declarations: Declarations): {
  readonly inputs: Shape;
  readonly vars: Shape;
  readonly tenant: Shape;
} {
  return { inputs: declarations.inputs, vars: openShape, tenant: tenantShape };
}

/** The scopes of one job. */
export interface JobScopes {
  readonly condition: ExpressionScope;
  readonly strategy: ExpressionScope;
  readonly own: ExpressionScope;
  readonly concurrency: ExpressionScope;
  readonly outputs: ExpressionScope;
  readonly steps: StepsScope;
}

/** The scopes of a job that needs these jobs and has this `strategy:`. */
export function jobScopes(
  declarations: Declarations,
  job: { readonly needs: readonly string[]; readonly strategy: TreeNode | undefined },
): JobScopes {
  // Steps are added while the job is read, so that each sees those before it and no others.
  const steps = new VisibleSteps();
  const shapes = {
    ...runShapes(declarations),
    needs: needsShape(declarations, job.needs),
    matrix: matrixShape(job.strategy),
    strategy: strategyShape,
    env: openShape,
    workflow: workflowShape,
    runner: runnerShape,
    job: jobShape,
    steps: steps.shape,
  } as const;
  const condition = expressionScope('job-if', shapes);
  return {
    // failure() asks about the jobs that are needed.
    condition: job.needs.length === 0 ? { ...condition, never: ['failure'] } : condition,
    strategy: strategyScope(expressionScope('job', shapes)),
    own: expressionScope('job', shapes),
    concurrency: expressionScope('job-concurrency', shapes),
    outputs: expressionScope('job-outputs', shapes),
    steps: stepsScope(shapes, steps),
  };
}

/** Cells don't exist yet while the matrix is made. */
function strategyScope(own: ExpressionScope): ExpressionScope {
  const { matrix: _matrix, strategy: _strategy, ...contexts } = own.contexts;
  return { ...own, place: "a job's strategy", contexts };
}

function needsShape(declarations: Declarations, needs: readonly string[]): Shape {
  const properties = needs.flatMap((id): [string, Shape][] => {
    const job = declarations.jobs.get(id);
    // A job that doesn't exist is reported at `needs`; once is enough.
    if (job === undefined) return likelyNames(id).map((name) => [name, anyShape]);
    return [[id, { kind: 'object', properties: needProperties(job) }]];
  });
  return { kind: 'object', properties: Object.fromEntries(properties) };
}

function needProperties({ outputs, isFleet }: JobDeclaration): Readonly<Record<string, Shape>> {
  const own = { result: endShape, outputs: outputs === undefined ? openShape : namedShape(outputs) };
  // Which hosts there are is known when it runs.
  const host: Shape = { kind: 'object', properties: own };
  return isFleet ? { ...own, hosts: { kind: 'object', properties: {}, open: true, others: host } } : own;
}
