import { defineSignal, makeContinueAsNewFunc, setHandler, type Workflow } from '@temporalio/workflow';
import { names } from '../protocol.ts';
import { isHistoryLong } from './history-limit.ts';

const moveSignal = defineSignal(names.moveSignal);

/** Knows when an execution of a workflow had better be followed by another one. One for each execution. */
export class Succession {
  #isAskedToMove = false;

  constructor() {
    setHandler(moveSignal, () => {
      this.#isAskedToMove = true;
    });
  }

  /** True once the history is long, or a worker with other workflows has become the one that new runs go to. */
  get isDue(): boolean {
    return this.#isAskedToMove || isHistoryLong();
  }
}

/**
 * Goes on in a new execution. An execution is carried out by the version of the workflows with which it began; the one that follows it is
 * by the version that is current then.
 */
export async function goOnIn<Followed extends Workflow>(
  input: Parameters<Followed>[0],
  options: { readonly memo?: Readonly<Record<string, unknown>> } = {},
): Promise<never> {
  const next = makeContinueAsNewFunc<(input: unknown) => Promise<void>>({
    initialVersioningBehavior: 'AUTO_UPGRADE',
    ...options,
  });
  return await next(input);
}

/**
 * Throws for what a later release hands over, as where somebody goes back to an earlier one: the task fails, and is tried until a worker
 * comes that understands it.
 */
export function understand({ version }: { readonly version: number }): void {
  if (version !== 1)
    throw new Error(`this release does not understand version ${version} of what a workflow begins with`);
}
