import type { Supervisor } from '../../runtime/supervisor/index.ts';

/** A supervisor that is there while somebody needs it. */
export interface SupervisorOnDemand extends AsyncDisposable {
  /** Opens it where it isn't open. */
  use(): Promise<{ readonly supervisor: Supervisor; readonly done: () => void }>;
}

/** An agent without runs keeps its sandboxes so long for the next one, in ms. */
const idleMs = 60_000;

/**
 * Closes the supervisor a while after the last one that used it is done: an idle agent has no process beside its own. `onIdle` is told
 * once it is closed, unless somebody needs one again.
 */
export function superviseOnDemand(open: () => Promise<Supervisor>, onIdle: () => void = () => {}): SupervisorOnDemand {
  let opened: Promise<Supervisor> | undefined;
  let users = 0;
  let timer: NodeJS.Timeout | undefined;
  const close = async (): Promise<void> => {
    const closing = opened;
    opened = undefined;
    const supervisor = await closing?.catch(() => undefined);
    await supervisor?.[Symbol.asyncDispose]();
  };
  const becomeIdle = async (): Promise<void> => {
    await close();
    if (users === 0) onIdle();
  };
  return {
    async use() {
      clearTimeout(timer);
      users += 1;
      let isDone = false;
      const done = (): void => {
        if (isDone) return;
        isDone = true;
        users -= 1;
        if (users === 0) timer = setTimeout(() => void becomeIdle(), idleMs).unref();
      };
      try {
        opened ??= open();
        return { supervisor: await opened, done };
      } catch (cause) {
        opened = undefined;
        done();
        throw cause;
      }
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await close();
    },
  };
}
