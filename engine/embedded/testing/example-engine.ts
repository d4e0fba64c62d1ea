import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createFolderStore } from '../../../storage/index.ts';
import { ScriptedExecutor } from '../../contract/scripted-executor.ts';
import type { Engine } from '../../port.ts';
import { createEmbeddedEngine, systemClock } from '../index.ts';

/** An engine on real time whose executor notes in the file `began` each attempt of a step before it is carried out. */
export function openExampleEngine({ root, began }: { readonly root: string; readonly began: string }): Engine {
  const seen = { executions: [], claims: [], released: [], kept: [] };
  return createEmbeddedEngine({
    store: createFolderStore({ root }),
    clock: systemClock,
    randomBytes,
    openExecutor: async ({ folder }) =>
      new NotingExecutor({ folder, clock: systemClock, seen, hosts: ['example-1', 'example-2', 'example-3'] }, began),
  });
}

class NotingExecutor extends ScriptedExecutor {
  readonly #began: string;

  constructor(options: ConstructorParameters<typeof ScriptedExecutor>[0], began: string) {
    super(options);
    this.#began = began;
  }

  override execute(...[task, io]: Parameters<ScriptedExecutor['execute']>): ReturnType<ScriptedExecutor['execute']> {
    appendFileSync(this.#began, `${task.job}#${task.job_attempt}/${task.step}#${task.attempt}\n`);
    return super.execute(task, io);
  }
}
