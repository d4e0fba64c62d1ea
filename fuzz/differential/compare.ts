import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../cli/composition/engine.ts';
import { openPlugins } from '../../cli/composition/plugins.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { compile } from '../../dsl/index.ts';
import type { RunHandle, RunNotice, RunSummary } from '../../engine/port.ts';
import { type Moment, type Simulation, simulate } from '../../engine/simulate/index.ts';
import { type AbsolutePath, type JsonObject, type Plan, WaterflowFailure } from '../../schemas/index.ts';
import { calledWorkflow, type ScriptedWorkflow } from './workflow.ts';

/** How a run went, in what must not depend on who ran it. */
export interface Course {
  readonly status: string;
  /** By job: how its steps ended, in their order. */
  readonly steps: Readonly<Record<string, readonly string[]>>;
  readonly jobs: Readonly<Record<string, unknown>>;
}

/** One workflow's two courses, which must be equal. */
export interface BothCourses {
  readonly simulated: Course;
  readonly real: Course;
}

const plugin = './plugins/act';

/** The same workflow on the machines alone, and on the embedded engine with its real plugins in their sandboxes. */
export async function bothCourses(workflow: ScriptedWorkflow, around: Terminal): Promise<BothCourses> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-differential-'));
  try {
    cpSync(join(import.meta.dirname, 'plugins'), join(folder, 'plugins'), { recursive: true });
    writeFileSync(join(folder, 'workflow.yml'), workflow.source);
    mkdirSync(join(folder, 'state'));
    const terminal: Terminal = { ...around, env: { PATH: around.env['PATH'] }, cwd: folder };
    const plan = planOf(workflow, terminal);
    const simulation = simulate(plan, { script: workflow.script, inputs: {}, vars: {} });
    if ('error' in simulation) throw new WaterflowFailure(simulation.error);
    return { simulated: courseOfSimulation(simulation.ok, workflow), real: await runReally(plan, workflow, terminal) };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function planOf({ source }: ScriptedWorkflow, terminal: Terminal): Plan {
  const { plan, diagnostics } = compile(source, {
    file: 'workflow.yml',
    // mkdtemp in an absolute folder.
    catalogue: openPlugins(terminal, [plugin]).nodes(terminal.cwd as AbsolutePath),
    readWorkflow: (path) => (path === 'called.yml' ? { source: calledWorkflow } : { missing: 'there is no such file' }),
  });
  if (plan === undefined) throw new Error(`${JSON.stringify(diagnostics, null, 1)}\n${source}`);
  return plan;
}

async function runReally(plan: Plan, workflow: ScriptedWorkflow, terminal: Terminal): Promise<Course> {
  const { cwd } = terminal;
  await using opened = openEngine(terminal, {
    state: join(cwd, 'state'),
    approve: [plugin],
    workflow: join(cwd, 'workflow.yml'),
  });
  const { engine } = opened;
  const settings = opened.settings([]);
  const handle = await engine.start({ plan, tenant: 'default', inputs: {}, vars: {}, secrets: {}, settings });
  const notices: RunNotice[] = [];
  for await (const notice of handle.notices) {
    notices.push(notice);
    answer(handle, notice, workflow);
  }
  return courseOfRun(await handle.finished, notices, workflow);
}

/** Does what the script's people do. */
function answer(handle: RunHandle, notice: RunNotice, { decisions }: ScriptedWorkflow): void {
  if (notice.type !== 'awaiting') return;
  const { kind, name, step = '' } = notice.signal;
  const decision = decisions.get(step.split('.').at(-1) ?? '') ?? 'approve';
  const payload =
    kind === 'approval' ? { decision, ...(decision === 'reject' ? { comment: 'as simulated' } : {}) } : null;
  try {
    handle.operate({ kind: 'signal', signal: { name, by: kind === 'approval' ? 'ada' : 'somebody', payload } });
  } catch (error) {
    // Another branch of the run has ended it meanwhile.
    if (!(error instanceof WaterflowFailure)) throw error;
  }
}

interface StepEnd {
  readonly job: string;
  readonly step: string;
  readonly outcome: string;
  readonly conclusion: string;
  readonly attempts: number;
  readonly outputs: JsonObject;
  readonly error?: { readonly code: string };
}

function courseOfSimulation({ status, moments, jobs }: Simulation, workflow: ScriptedWorkflow): Course {
  const ends = moments.filter(
    (moment): moment is Extract<Moment, { type: 'step_finished' }> => moment.type === 'step_finished',
  );
  return { status, steps: stepsByJob(ends, workflow), jobs: plainJobs(jobs) };
}

function courseOfRun({ status, jobs }: RunSummary, notices: readonly RunNotice[], workflow: ScriptedWorkflow): Course {
  const ends = notices.filter(
    (notice): notice is Extract<RunNotice, { type: 'step_finished' }> => notice.type === 'step_finished',
  );
  return { status, steps: stepsByJob(ends, workflow), jobs: plainJobs(jobs) };
}

function stepsByJob(ends: readonly StepEnd[], { unordered }: ScriptedWorkflow): Course['steps'] {
  const byJob: Record<string, string[]> = {};
  for (const { job, step, outcome, conclusion, attempts, outputs, error } of ends) {
    const written = [step, outcome, conclusion, attempts, plainOutputs(outputs), error?.code ?? ''];
    (byJob[job] ??= []).push(JSON.stringify(written));
  }
  if (unordered) for (const steps of Object.values(byJob)) steps.sort();
  return byJob;
}

type JobEnd = Pick<RunSummary['jobs'][string], 'status' | 'attempts' | 'outputs'> | Simulation['jobs'][string];

function plainJobs(jobs: Readonly<Record<string, JobEnd>>): Course['jobs'] {
  return Object.fromEntries(
    Object.entries(jobs).map(([key, { status, attempts, outputs }]) => [
      key,
      { status, attempts, outputs: plainOutputs(outputs) },
    ]),
  );
}

/** As text, without what only a real script has, also where a text holds JSON. */
function plainOutputs(outputs: JsonObject): string {
  return JSON.stringify(outputs)
    .replaceAll(/\\n|\s/g, '')
    .replaceAll(/,?\\*"exit_code\\*":\d+/g, '')
    .replaceAll('{,', '{');
}
