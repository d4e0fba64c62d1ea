import { assertNever, type JobKey, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { signalProblem } from '../machine/index.ts';
import type { Operation } from '../port.ts';
import type { Awaiting } from './awaiting.ts';
import { notPaused, pausedAlready, runIsOver, waitsForGroup } from './failures.ts';
import type { Addressed, Machines } from './machines.ts';

/** What an operation other than `terminate` is checked against and comes to. */
export interface OperatedRun {
  readonly run: RunId;
  readonly machines: Machines;
  readonly awaiting: Awaiting;
  /** The group that a job waits for, which its run lost when its process was killed. */
  readonly groupLostBy: (job: JobKey) => string | undefined;
}

/** An operation that machines carry out: `terminate` passes them by. */
export type MachineOperation = Exclude<Operation, { readonly kind: 'terminate' }>;

/** Who asks for an operation, and why where they say so: `ada: the disk is full`. */
export function askerOf({ by, reason }: Exclude<Operation, { readonly kind: 'signal' }>): string {
  return reason === undefined ? by : `${by}: ${reason}`;
}

/** The events that an operation comes to. Throws WaterflowFailure with what keeps the run from it: RUN_STATE, SIGNAL_REFUSED. */
export function eventsOf(operation: MachineOperation, operated: OperatedRun, at: number): readonly Addressed[] {
  const { run, machines, awaiting } = operated;
  const toRun = { kind: 'run' } as const;
  if (machines.run.state === 'ended') throw runIsOver(run);
  switch (operation.kind) {
    case 'cancel':
      return [
        { machine: toRun, event: { type: 'cancel_requested', at, reason: `cancelled by ${askerOf(operation)}` } },
      ];
    case 'pause':
      if (machines.isPaused) throw pausedAlready(run);
      return [{ machine: toRun, event: { type: 'pause_requested', at, by: askerOf(operation) } }];
    case 'resume':
      if (!machines.isPaused) throw notPaused(run);
      return [{ machine: toRun, event: { type: 'resume_requested', at, by: askerOf(operation) } }];
    case 'signal': {
      const { signal } = operation;
      const problem = signalProblem(awaiting.signals(), signal);
      if (problem !== undefined) throw new WaterflowFailure(problem);
      return awaiting.receiversOf(signal.name).map((machine): Addressed => {
        const group = machine.kind === 'job' ? operated.groupLostBy(machine.job) : undefined;
        if (machine.kind === 'job' && group !== undefined) throw waitsForGroup(machine.job, group);
        const event = { type: 'signal_received', at, signal } as const;
        return machine.kind === 'run' ? { machine, event } : { machine, event };
      });
    }
    default:
      return assertNever(operation);
  }
}
