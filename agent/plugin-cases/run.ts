import { parseTemplate } from '../../dsl/expressions/index.ts';
import type { Authorized } from '../../runtime/grants/index.ts';
import {
  isJsonList,
  isJsonObject,
  type JobKey,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type RunId,
  type StepKey,
  type StepResult,
  type StepTask,
  type Template,
} from '../../schemas/index.ts';
import type { Executor, HostCallEvent, PerformCall } from '../executor/index.ts';
import { type CallAnswers, type CallProblem, impliedBy, recordedAnswers } from './answers.ts';
import { unmetExpectations } from './check.ts';
import { contentOf, readWorkspaceFile, writeFiles } from './files.ts';
import { noteCalls } from './noted.ts';
import type { PluginCase } from './read.ts';

/** What a case needs to run. */
export interface CasePowers {
  /** The plugin as `uses:` names it. */
  readonly uses: string;
  /** An agent of the case's own; disposing of it leaves nothing behind. */
  readonly open: (
    one: PluginCase,
    performCall: PerformCall,
  ) => Promise<AsyncDisposable & { readonly executor: Executor }>;
  /** The id of a run that began then, in ms since the epoch. */
  readonly runAt: (time: number) => RunId;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** What came of a case that was run. */
export interface CaseResult {
  readonly one: PluginCase;
  /** None where it passed. */
  readonly problems: readonly CallProblem[];
  readonly result: StepResult;
  readonly calls: readonly HostCallEvent[];
  /** Lines of the log, without their ends. */
  readonly log: readonly string[];
  /** Entries of the manifest that allowed calls: `fs[0]`. */
  readonly used: ReadonlySet<string>;
  /** Of the files that the case expects, what they hold; null where they are missing. */
  readonly files: JsonObject;
  /** Of a case with `host: real`: its calls with their answers, as `host_calls` has them. */
  readonly noted: readonly JsonObject[];
  readonly duration_ms: number;
}

/** Runs the plugin once, in its sandbox, with what the case gives it. */
export async function runCase(one: PluginCase, powers: CasePowers): Promise<CaseResult> {
  const used = new Set<string>();
  const noting = noteCalls(one.secrets);
  const answers: CallAnswers =
    one.host === 'recorded' ? recordedAnswers(one) : { perform: noting.perform, problems: () => [] };
  const run = powers.runAt(one.time);
  await using agent = await powers.open(one, noteEntries(answers.perform, used));
  const claim = await agent.executor.claim({ run, job: 'plugin', job_attempt: 1 });
  try {
    writeFiles(claim.workspace, one.files);
    const calls: HostCallEvent[] = [];
    const log = collectLines();
    const startedAt = powers.now();
    const result = await agent.executor.execute(taskOf(one, run, powers.uses), {
      claim,
      log: log.add,
      onHostCall: (event) => calls.push(event),
      signal: powers.signal,
    });
    const duration_ms = powers.now() - startedAt;
    const denials = calls.filter(({ decision }) => decision === 'denied');
    const seen = { result, workspace: claim.workspace, denials, log: log.lines() };
    return {
      one,
      problems: [...answers.problems(), ...unmetExpectations(one.expect, seen)],
      result,
      calls,
      log: seen.log,
      used,
      files: Object.fromEntries(
        Object.keys(one.expect.files ?? {}).map((path): [string, Json] => {
          const bytes = readWorkspaceFile(claim.workspace, path);
          return [path, bytes instanceof Buffer ? contentOf(bytes) : null];
        }),
      ),
      noted: noting.recorded(),
      duration_ms,
    };
  } finally {
    await agent.executor.release(claim);
  }
}

/** Notes which entries of the manifest let calls through, those that a call implies as well. */
function noteEntries(performCall: PerformCall, used: Set<string>): PerformCall {
  const note = ({ decided_by }: Authorized): void => {
    for (const { layer, place } of decided_by) {
      if (layer === 'manifest') used.add(place.slice(place.lastIndexOf(' ') + 1));
    }
  };
  return async (authorized, scope) => {
    note(authorized);
    for (const call of impliedBy(authorized)) {
      const implied = authorized.implied(call);
      if (implied.kind === 'allowed') note(implied.authorized);
    }
    return await performCall(authorized, scope);
  };
}

function taskOf(one: PluginCase, run: RunId, uses: string): StepTask {
  return {
    version: 1,
    run,
    run_attempt: 1,
    tenant: 'default',
    workflow: 'plugin test',
    // Any text is a key; these two name the only job and step there are.
    job: 'plugin' as JobKey,
    queue: 'local',
    job_attempt: 1,
    step: 'step' as StepKey,
    attempt: 1,
    uses,
    with: templateOf(one.inputs, one),
    env: [{ kind: 'literal', value: one.env }],
    context: {},
    permissions: one.permissions === undefined ? [] : [layerOf(one, one.permissions)],
    timeout: { ms: longestRunMs, own: false },
    at: { file: one.file, line: one.line, column: 1 },
  };
}

/** A case without an end is a mistake; a manifest's own limit is shorter as a rule. */
const longestRunMs = 10 * 60 * 1000;

function layerOf(one: PluginCase, permissions: NonNullable<PluginCase['permissions']>): PermissionLayer {
  const entries = Object.entries(permissions).map(
    ([name, list]) => [name, list.map((value) => ({ kind: 'literal' as const, value }))] as const,
  );
  const at = { file: one.file, line: one.line, column: 1 };
  return { version: 2, layer: 'step', entries: Object.fromEntries(entries), at };
}

/** Inputs may read the case's secrets, as a workflow's `with` does. */
function templateOf(value: Json, one: PluginCase): Template {
  if (typeof value === 'string') {
    return parseTemplate(value, (offset) => ({ file: one.file, line: one.line, column: offset + 1 })).template;
  }
  if (isJsonList(value)) return { kind: 'array', items: value.map((item) => templateOf(item, one)) };
  if (!isJsonObject(value)) return { kind: 'literal', value };
  return { kind: 'object', entries: Object.entries(value).map(([key, item]) => [key, templateOf(item, one)] as const) };
}

/** Lines of a log in the order in which they were completed, whichever stream they are of. */
function collectLines(): {
  readonly add: (stream: string, text: string) => void;
  readonly lines: () => readonly string[];
} {
  const lines: string[] = [];
  const rests = new Map<string, string>();
  return {
    add: (stream, text) => {
      const parts = `${rests.get(stream) ?? ''}${text}`.split(/\r?\n/u);
      rests.set(stream, parts.pop() ?? '');
      lines.push(...parts);
    },
    lines: () => [...lines, ...[...rests.values()].filter((rest) => rest !== '')],
  };
}
