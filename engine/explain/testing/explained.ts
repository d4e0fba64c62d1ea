import type { Executor } from '../../../agent/executor/api.ts';
import { evaluateTemplate } from '../../../dsl/expressions/index.ts';
import {
  isJsonObject,
  type RunId,
  type StepTask,
  type WaterflowError,
  WaterflowFailure,
} from '../../../schemas/index.ts';
import { overridden } from '../../contract/overridden.ts';
import type { World } from '../../contract/world.ts';
import { createEmbeddedEngine } from '../../embedded/engine.ts';
import { storeOf } from '../../embedded/testing/driver.ts';
import type { Engine } from '../../port.ts';
import type { Explanation } from '../api.ts';
import { explain } from '../explain.ts';
import type { AuditedCall } from '../facts.ts';
import { gatherFacts } from '../gather.ts';

/** For tests: the errors with which the agent of {@link failingEngine} answers, by job or `job/step`. */
export type Errors = Readonly<Record<string, Pick<WaterflowError, 'code' | 'message'>>>;

/** For tests: an engine whose agent fails some steps, and claims of some jobs, with given errors; others do what they say. */
export function failingEngine(world: World, errors: Errors): Engine {
  return createEmbeddedEngine({
    store: storeOf(world),
    clock: world.clock,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    openExecutor: async (run) => failing(await world.openExecutor(run), errors),
  });
}

function failing(executor: Executor, errors: Errors): Executor {
  const errorOf = (place: string): WaterflowError | undefined => {
    const error = errors[place];
    return error === undefined ? undefined : { ...error, remedy: 'Do what the test says.' };
  };
  return overridden(executor, {
    claim: (request) => {
      const error = errorOf(request.job);
      return error === undefined ? executor.claim(request) : Promise.reject(new WaterflowFailure(error));
    },
    execute: (task, io) => {
      const error = errorOf(`${task.job}/${task.step}`);
      if (error === undefined) return executor.execute(task, io);
      return Promise.resolve({
        outcome: 'failure',
        class: 'failure',
        error,
        outputs: outputsOf(task),
        host_calls: none,
      });
    },
  });
}

const none = { allowed: 0, denied: 0 };

function outputsOf(task: StepTask): Readonly<Record<string, number>> {
  const evaluated = evaluateTemplate(task.with, { contexts: {} });
  const code = 'ok' in evaluated && isJsonObject(evaluated.ok) ? evaluated.ok['exit_code'] : undefined;
  return typeof code === 'number' ? { exit_code: code } : {};
}

/** For tests: a run of an engine, explained. `calls` are what its audit log would have. */
export async function explained(
  engine: Engine,
  run: RunId,
  calls: readonly AuditedCall[] | WaterflowFailure = [],
): Promise<Explanation> {
  const facts = await gatherFacts(
    {
      inspect: (id) => engine.inspect(id),
      events: (id) => engine.readings.events(id, 0),
      async *hostCalls() {
        if (calls instanceof WaterflowFailure) throw calls;
        yield* calls;
      },
      async *earlier({ run: id, workflow }) {
        for await (const info of engine.list()) if (info.run < id && info.workflow === workflow) yield info;
      },
    },
    run,
  );
  return explain(facts);
}
