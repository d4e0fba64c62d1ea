import type { RunSummary } from '../engine/port.ts';
import { type Ended, folderWith, type RunningCommand, start, waterflow } from './command.ts';

/** What operators have: a terminal in which the workflow runs, and others. */
export interface Place {
  readonly folder: string;
  /** A terminal in which the workflow runs. */
  readonly run: (...options: readonly string[]) => RunningCommand;
  /** A command in another one, to its end. */
  readonly command: (...argv: readonly string[]) => Promise<Ended>;
  /** A command in another one that goes on for a while. */
  readonly start: (...argv: readonly string[]) => RunningCommand;
}

/** A folder with one workflow, and its runs in a folder of state. */
export function placeWith(workflow: string): Place {
  const folder = folderWith({ 'w.yml': workflow });
  const state = ['--state', 'state'];
  return {
    folder,
    run: (...options) => start(['run', 'w.yml', '--json', ...options, ...state], { cwd: folder }),
    command: (...argv) => waterflow([...argv, ...state], { cwd: folder }),
    start: (...argv) => start([...argv, ...state], { cwd: folder }),
  };
}

/** How the steps of a job ended, by their keys. */
export function stepsOf(summary: RunSummary, job: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(summary.jobs[job]?.steps ?? {}).map(([key, step]) => [key, step.status]));
}
