import { sizeText } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import type { ExecLimits } from './limits.ts';
import type { ExecPowers } from './powers.ts';
import type { RunningProgram } from './program.ts';
import { measureTree, proportionalMemory } from './tree.ts';

/** Between two looks, at least. */
const pollMs = 50;
/** A look at very many processes takes milliseconds, in which the agent does nothing else: it is to be a tenth of its time at most. */
const restShare = 10;

/** Something that may end a program before it ends itself. */
export type Watch = (program: RunningProgram, stop: (failure: CallFailure) => void) => Watching;

/** A watch over one program. */
export interface Watching extends Disposable {
  /** Asked once the program has ended: whether that was the end of a limit. */
  readonly check?: () => CallFailure | undefined;
}

/** Counts a program's processes and memory, with all that it started, and ends it over a limit. */
export function watchLimits(limits: ExecLimits, powers: Pick<ExecPowers, 'pause'>): Watch {
  return (program, stop) => {
    const over = new AbortController();
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const began = performance.now();
        const failure = exceeded(limits, program.roots());
        if (failure !== undefined) return stop(failure);
        await powers.pause(Math.max(pollMs, restShare * (performance.now() - began)), over.signal);
      }
    };
    // Rejects when the program ended.
    void watch().catch(() => undefined);
    return { [Symbol.dispose]: () => over.abort() };
  };
}

function exceeded(limits: ExecLimits, { pids, helpers }: ReturnType<RunningProgram['roots']>): CallFailure | undefined {
  if (pids.length === 0) return undefined;
  const most = limits.processes ?? Number.POSITIVE_INFINITY;
  const use = measureTree(pids, most + helpers);
  if (use.processes > most + helpers) {
    return tooMuch('processes', `it ran more than ${most} processes and threads at one time`);
  }
  const { memory } = limits;
  if (memory === undefined || use.memory_bytes <= memory || proportionalMemory(use.pids) <= memory) return undefined;
  return tooMuch('memory', `it took more than ${sizeText(memory)} of memory`);
}

/** A limit of the entry, by its key. */
export function tooMuch(key: string, what: string): CallFailure {
  return new CallFailure('LIMIT_EXCEEDED', `the program was ended: ${what}`, {
    rule: `exec limits: ${key}`,
    remedy: `Raise \`limits.${key}\` of the exec permission in every layer, or let the program do less.`,
  });
}
