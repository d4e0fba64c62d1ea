/** Runs workflow files in this process with the real engine, agent and sandbox, and answers what they wait for. */

import { compileFile } from '../cli/commands/compile-file.ts';
import { openEngine } from '../cli/composition/engine.ts';
import { testTerminal } from '../cli/testing/terminal.ts';
import { resolveInputs } from '../dsl/index.ts';
import type { AwaitedSignal, Rerun } from '../engine/machine/run/protocol.ts';
import type { Engine, RunHandle, RunNotice, RunSummary } from '../engine/port.ts';
import type { Json, JsonObject, Plan } from '../schemas/index.ts';

/** Where workflows run, and what their plugins may do. */
export interface Place {
  /** The folder from which files are named. */
  readonly cwd: string;
  /** Where runs are kept. */
  readonly state: string;
  readonly approve?: readonly string[];
  /** Instead of the one that is shipped. */
  readonly policy?: string;
}

/** What a run is given. Inputs are texts, as on a command line. */
export interface Given {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** What somebody does who watches the run; called with each notice. */
export type Watcher = (notice: RunNotice, handle: RunHandle) => void;

/** A run that has ended. */
export interface Ran {
  readonly summary: RunSummary;
  readonly notices: readonly RunNotice[];
  /** The lines of the logs, as `job/step: text`, step by step. */
  readonly says: readonly string[];
}

/** A workflow file that is ready to run. */
export interface Runnable extends AsyncDisposable {
  run(given?: Given, watcher?: Watcher): Promise<Ran>;
  rerun(ran: Ran, what: Rerun['what'], given?: Given): Promise<Ran>;
}

/** Reads a workflow file as `waterflow run` does; throws where it isn't without fault. */
export async function openWorkflow(place: Place, file: string): Promise<Runnable> {
  const terminal = testTerminal({ cwd: place.cwd });
  const { plan, diagnostics } = await compileFile(terminal, file);
  if (plan === undefined || diagnostics.length > 0) throw new Error(`${file}: ${JSON.stringify(diagnostics)}`);
  const {
    engine,
    settings,
    [Symbol.asyncDispose]: dispose,
  } = openEngine(terminal, {
    approve: place.approve ?? [],
    ...(place.policy === undefined ? {} : { policy: place.policy }),
    state: place.state,
    workflow: file,
  });
  return {
    run: async (given = {}, watcher) =>
      await follow(
        await engine.start({
          plan,
          tenant: 'default',
          inputs: inputsOf(plan, given),
          vars: given.vars ?? {},
          secrets: given.secrets ?? {},
          settings: settings([]),
        }),
        watcher,
      ),
    rerun: async ({ summary }, what, given = {}) => await follow(await again(engine, { plan, summary, what, given })),
    [Symbol.asyncDispose]: dispose,
  };
}

/** A watcher that answers what is awaited, as `ada`; what it leaves undefined waits on. */
export function answering(answer: (awaited: AwaitedSignal) => Json | undefined): Watcher {
  return (notice, handle) => {
    if (notice.type !== 'awaiting' || notice.signal.kind === 'secrets') return;
    const payload = answer(notice.signal);
    if (payload === undefined) return;
    handle.operate({ kind: 'signal', signal: { name: notice.signal.name, by: 'ada', payload } });
  };
}

function again(
  engine: Engine,
  asked: { readonly plan: Plan; readonly summary: RunSummary; readonly what: Rerun['what']; readonly given: Given },
): Promise<RunHandle> {
  const { plan, given } = asked;
  return engine.rerun(asked.summary.run, {
    by: 'ada',
    what: asked.what,
    inputs: inputsOf(plan, given),
    secrets: given.secrets ?? {},
  });
}

function inputsOf(plan: Plan, given: Given): JsonObject {
  const resolved = resolveInputs(plan, given.inputs ?? {});
  if ('errors' in resolved) throw new Error(JSON.stringify(resolved.errors));
  return resolved.inputs;
}

async function follow(handle: RunHandle, watcher: Watcher = () => {}): Promise<Ran> {
  const notices: RunNotice[] = [];
  for await (const notice of handle.notices) {
    notices.push(notice);
    watcher(notice, handle);
  }
  return { summary: await handle.finished, notices, says: linesOf(notices) };
}

/** Lines may come in pieces. */
function linesOf(notices: readonly RunNotice[]): readonly string[] {
  const texts = new Map<string, string>();
  for (const notice of notices) {
    if (notice.type !== 'log') continue;
    const place = `${notice.job}/${notice.step}`;
    texts.set(place, (texts.get(place) ?? '') + notice.text);
  }
  return [...texts].flatMap(([place, text]) =>
    text.split('\n').flatMap((line) => (line === '' ? [] : [`${place}: ${line}`])),
  );
}
