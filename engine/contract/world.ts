import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Executor } from '../../agent/executor/api.ts';
import { type Json, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { createMemoryBell } from '../../storage/contract/memory-bell.ts';
import type { FolderBell } from '../../storage/index.ts';
import type { Clock, OpenedRun } from '../embedded/api.ts';
import type { AwaitedSignal } from '../machine/index.ts';
import type { Engine, RunHandle, RunNotice, RunRequest, RunSummary } from '../port.ts';
import { AutoClock } from './auto-clock.ts';
import { type ExampleHead, type ExampleWorkflow, planOf } from './plans.ts';
import { type Execution, type ExecutionLog, ScriptedExecutor } from './scripted-executor.ts';

/** A driver as the contract's tests open it. */
export interface EngineDriver {
  readonly traits: EngineTraits;
  /** A world for its engines. */
  world(): World;
  /** An engine on the world's state; each call is a new process, as far as the engine can tell. */
  open(world: World): Engine | Promise<Engine>;
  /** An engine whose process dies as soon as `events` more events of a run are durable, at once and without a word to anyone. */
  openDoomed(world: World, events: number): Engine | Promise<Engine>;
}

/** What engines differ in by their nature. */
export interface EngineTraits {
  /** A run stands still without the process that began it, which knows at once what may be asked of it; else it goes on elsewhere. */
  readonly isDrivenByProcess: boolean;
  /** Where tests interrupt a run: everywhere, or at a few places where that takes long. */
  readonly diesAfter: 'each event' | 'some events';
  /** Notices tell host calls as they are decided; else only the audit does. */
  readonly tellsHostCalls: boolean;
}

/** The time of a world. */
export interface TestClock extends Clock {
  /** Time passes while nobody is there to notice. */
  pass(ms: number): void | Promise<void>;
  /** Nothing of the world is needed any more. */
  stop(): void;
}

/** Everything around an engine that outlives it: state on disk, the time, and what the agent was seen to do. */
export class World implements Disposable, AsyncDisposable {
  readonly root: string = mkdtempSync(join(tmpdir(), 'waterflow-engine-'));
  readonly clock: TestClock;
  /** Whether nothing takes longer than what it waits for, to the millisecond. */
  readonly isExact: boolean = true;
  /** What takes long, in ms. */
  readonly longMs: number = 3_600_000;
  readonly seen: ExecutionLog = { executions: [], claims: [], released: [], kept: [] };
  /** How engines of this process hear of each other. */
  readonly bell: FolderBell = createMemoryBell();
  /** The hosts of every queue. */
  hosts: readonly string[] = ['scripted'];
  /** What executors were opened with. */
  readonly opened: OpenedRun[] = [];

  constructor(clock: TestClock = new AutoClock(Date.UTC(2026, 0, 1))) {
    this.clock = clock;
  }

  /** Opens the agent's side of a run, on an agent that has these hosts. */
  async openExecutor(run: OpenedRun, hosts: readonly string[] = this.hosts): Promise<Executor> {
    this.opened.push(run);
    return new ScriptedExecutor({ folder: run.folder, clock: this.clock, seen: this.seen, hosts });
  }

  /** What equals the ms that something took which waited for so many. */
  lasts(ms: number): unknown {
    return ms;
  }

  /** What equals about that, of something that may have begun a moment later than what it waited for. */
  lastsAbout(ms: number): unknown {
    return this.lasts(ms);
  }

  /** The executions of a step, by `job/step`, in order. */
  executionsOf(path: string): readonly Execution[] {
    return this.seen.executions.filter(({ job, step }) => `${job}/${step}` === path);
  }

  /** Someone tidies up. */
  removeWorkspaces(): void {
    for (const { folder } of this.opened) rmSync(join(folder, 'work'), { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    this.clock.stop();
    rmSync(this.root, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }
}

/** A request to run an example. */
export function requestOf(
  workflow: ExampleWorkflow,
  given: {
    readonly secrets?: Readonly<Record<string, string>>;
    readonly inputs?: JsonObject;
    readonly head?: ExampleHead;
    readonly tenant?: string;
  } = {},
): RunRequest {
  const { secrets = {}, inputs = {}, head = {}, tenant = 'default' } = given;
  return { plan: planOf(workflow, head), tenant, inputs, vars: {}, secrets, settings: { folder: '/nowhere' } };
}

/** Follows a run to its end; `onNotice` may interfere. Where the machinery breaks, what `finished` rejects with is thrown. */
export async function follow(
  handle: RunHandle,
  onNotice: (notice: RunNotice) => void | Promise<void> = () => {},
): Promise<{ readonly summary: RunSummary; readonly notices: readonly RunNotice[] }> {
  const notices: RunNotice[] = [];
  for await (const notice of handle.notices) {
    notices.push(notice);
    await onNotice(notice);
  }
  return { summary: await handle.finished, notices };
}

/** Reads notices up to the first that has what is given; nobody reads on then. */
export async function reach(handle: RunHandle, wanted: Readonly<Record<string, unknown>>): Promise<RunNotice> {
  for await (const notice of handle.notices) {
    if (Object.entries(wanted).every(([key, value]) => Reflect.get(notice, key) === value)) return notice;
  }
  throw new Error(`the run ended without ${JSON.stringify(wanted)}`);
}

/** Answers what a run waits for as soon as it says so; what is refused, by a run that is over say, is let go. */
export function answering(handle: RunHandle, answerTo: (awaited: AwaitedSignal) => Json): (notice: RunNotice) => void {
  return (notice) => {
    if (notice.type !== 'awaiting' || notice.signal.kind === 'secrets') return;
    const { name } = notice.signal;
    try {
      handle.operate({ kind: 'signal', signal: { name, by: 'ada', payload: answerTo(notice.signal) } });
    } catch (cause) {
      if (!(cause instanceof WaterflowFailure)) throw cause;
    }
  };
}

/** Notices without what differs between runs, as short lines: `step_started build/0 1`. */
export function linesOf(notices: readonly RunNotice[]): readonly string[] {
  return notices.map((notice) => {
    const place = 'step' in notice ? `${notice.job}/${notice.step}` : 'job' in notice ? notice.job : '';
    const detail = 'status' in notice ? notice.status : 'attempt' in notice ? String(notice.attempt) : '';
    return [notice.type, place, detail].filter((part) => part !== '').join(' ');
  });
}

/**
 * What a run came to: status, conclusions and outputs, without times and attempts. Of the iterations of a long loop a summary has some, by
 * the order in which they ended, which `iterations: false` leaves out.
 */
export function resultOf(summary: RunSummary, { iterations = true }: { readonly iterations?: boolean } = {}): unknown {
  const jobs = Object.entries(summary.jobs).map(([id, { status, outputs, steps }]) => {
    const told = Object.entries(steps).filter(([key]) => iterations || !key.includes('['));
    const ends = told.map(([key, step]) => [key, step.outcome, step.conclusion, step.outputs]);
    return [id, status, outputs, ends];
  });
  return { status: summary.status, jobs };
}
