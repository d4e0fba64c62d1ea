import type { JobKey, Plan } from '../../../schemas/index.ts';
import { type JobView, jobViews, type Rerun, type RunCommand, type RunState } from '../index.ts';
import { same } from './checks.ts';
import type { RunLedger } from './run-ledger.ts';

/** What the checks look at. */
export interface RunWatch {
  readonly plan: Plan;
  readonly run: RunState;
  readonly ledger: RunLedger;
  readonly paused: boolean;
  /** Jobs that were started in this attempt, with the number of the event that started them. */
  readonly started: ReadonlyMap<JobKey, number>;
  holderOf(group: string): string | undefined;
}

type Start = Extract<RunCommand, { readonly type: 'start_job' }>;

/** What must hold when a job starts by the event of this number. */
export function checkStart(watch: RunWatch, { job, start }: Start, event: number): void {
  if (watch.paused) throw new Error(`${job} starts in a paused run`);
  if (watch.started.has(job)) throw new Error(`${job} starts twice in one attempt`);
  const views = jobViews(watch.plan, watch.run);
  const plan = start.workflow === undefined ? watch.plan : watch.plan.workflows?.[start.workflow];
  const planned = plan?.jobs.find(({ id }) => id === start.id);
  const level = levelOf(job);
  const siblings = views.filter((view) => levelOf(view.key) === level && view.workflow === start.workflow);
  for (const view of siblings) {
    if (planned?.needs.includes(view.id) === true && view.ended_at === undefined) {
      throw new Error(`${job} starts before ${view.key} has ended`);
    }
    const other = watch.started.get(view.key);
    if (planned?.fleet === undefined || view.id !== start.id || other === undefined || other === event) continue;
    if (view.ended_at === undefined) throw new Error(`${job} starts while ${view.key} of an earlier wave runs`);
  }
  const own = views.find(({ key }) => key === job);
  if (own?.reused === true) throw new Error(`${job} is reused, and starts`);
  if (own?.group !== undefined && watch.holderOf(own.group) !== job) {
    throw new Error(`${job} starts without its group ${own.group}`);
  }
}

/** Every job that runs and isn't to end is told of the pause. */
export function checkPaused({ open }: RunLedger): void {
  const of = (type: RunCommand['type']) =>
    open.flatMap((command) => (command.type === type && 'job' in command ? [command.job] : []));
  const told = new Set([...of('pause_job'), ...of('cancel_job')]);
  const untold = of('start_job').find((job) => !told.has(job));
  if (untold !== undefined) throw new Error(`${untold} is not told of the pause`);
}

/** Without what is of one attempt of the run: a host that is reused is in no wave. */
function asItEnded({ reused: _reused, group: _group, wave: _wave, ...view }: JobView): string {
  return JSON.stringify(view);
}

/** A job is reused as it ended, or starts from nothing; of a rerun of what failed each that succeeded, with all that it needs. */
export function checkReused(
  { plan, run }: RunWatch,
  { before, rerun }: { readonly before: RunState; readonly rerun: Rerun },
): void {
  const old = new Map(jobViews(plan, before).map((view) => [view.key, view]));
  const views = jobViews(plan, run);
  for (const view of views) {
    if (view.reused !== true) continue;
    if (asItEnded(view) !== asItEnded(old.get(view.key) ?? view)) throw new Error(`${view.key} is reused, and differs`);
  }
  if (rerun.what.kind !== 'failed') return;
  const failed = new Set([...old.values()].filter(({ status }) => status !== 'success').map(({ id }) => id));
  const sound = plan.jobs.filter(({ id, needs }) => needs.length === 0 && !failed.has(id));
  for (const { id } of sound) {
    const again = views.find((view) => view.id === id && view.workflow === undefined && view.reused !== true);
    if (again !== undefined) throw new Error(`${again.key} succeeded, and runs again`);
  }
}

/** The same commands; those that leave groups are repeated without being outstanding. */
export function sameCommands(one: readonly RunCommand[], other: readonly RunCommand[]): void {
  const asking = (commands: readonly RunCommand[]) => commands.filter(({ type }) => type !== 'release_group');
  same('outstanding commands', asking(one), asking(other));
}

/** Who looks only at what an event touched sees the same changes as who looks at every job. */
export function sameChanges(one: readonly JobView[], other: readonly JobView[]): void {
  same('changes', one, other);
}

function levelOf(key: string): string {
  return key.slice(0, key.lastIndexOf(' / ') + 1);
}
