import type { Engine, RerunRequest, RunDetails } from '../../engine/port.ts';
import type { Diagnostic, JsonObject, RunId } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { CompileThread } from './compile-thread.ts';
import { hasCode, neverBegan } from './failures.ts';
import { resolve } from './prepare.ts';
import type { NewAttempt } from './submissions.ts';

/** What the engine is asked for, with the inputs of the last attempt but for those that change; or what is wrong with them. */
export async function rerunRequest(
  { run, tenant }: Pick<RunRow, 'run' | 'tenant'>,
  { by, what, inputs, secrets }: NewAttempt,
  { engine, thread }: { readonly engine: Engine; readonly thread: CompileThread },
): Promise<RerunRequest | { readonly errors: readonly Diagnostic[] }> {
  if (inputs === undefined) return { by, what, secrets };
  const details = await inspect(engine, run);
  const given = { ...asGiven(details), ...inputs };
  const resolved = await resolve({ inputs: given, tenant }, { plan: details.plan, thread, front: 'api' });
  return 'errors' in resolved ? resolved : { by, what, secrets, inputs: resolved.inputs };
}

async function inspect(engine: Engine, run: RunId): Promise<RunDetails> {
  try {
    return await engine.inspect(run);
  } catch (cause) {
    throw hasCode(cause, 'RUN_NOT_FOUND') ? neverBegan(run) : cause;
  }
}

/** Inputs as they could have been given: what was left open stays open, and a text that is JSON is written as JSON. */
function asGiven({ plan, inputs }: RunDetails): JsonObject {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]) => {
      if (value === null) return [];
      return [[name, plan.inputs[name]?.type === 'json' ? JSON.stringify(value) : value]];
    }),
  );
}
