import { resolveInputs } from '../../dsl/index.ts';
import type { RerunRequest, RunDetails } from '../../engine/port.ts';
import type { JobKey, Json, JsonObject, StepKey } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { readArchives } from '../composition/bucket-config.ts';
import { openEngine } from '../composition/engine.ts';
import { operatorName } from '../composition/operator.ts';
import { openPolicy } from '../composition/policy.ts';
import { localSecrets } from '../composition/secrets.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { printDiagnostics } from './diagnostics.ts';
import { findRun } from './find-run.ts';
import { parsePairs, parseSecrets } from './pairs.ts';
import { readSources, showRun } from './show-run.ts';

/** `waterflow rerun`'s options, as the command line gives them. */
export interface RerunOptions {
  readonly failed?: boolean;
  readonly job?: string;
  readonly from?: string;
  readonly iteration?: string;
  readonly input: readonly string[];
  readonly secret: readonly string[];
  /** Of a run on a server: shown until it ends. */
  readonly follow?: boolean;
  readonly policy?: string;
  readonly approve: readonly string[];
  readonly checkpoints?: string;
  readonly state?: string;
  readonly json?: boolean;
}

type What = RerunRequest['what'];

/** Runs a run that has ended again, in whole or in part, and follows it; gives the exit code. */
export async function rerun(terminal: Terminal, word: string, options: RerunOptions): Promise<number> {
  const what = whatOf(options);
  const given = parsePairs('--input', options.input);
  const secrets = parseSecrets(options.secret, terminal.env);
  openPolicy(terminal, options.policy);
  const run = findRun(openStore(terminal, options.state), word);
  const json = options.json === true;

  await using secretsOfAgent = localSecrets(terminal);
  const own = { archives: readArchives(terminal), secrets: secretsOfAgent };
  await using opened = openEngine(terminal, { ...options, ...own });
  const details = await opened.engine.inspect(run);
  const { plan } = details;
  const sources = await readSources(terminal, plan);
  const resolved = Object.keys(given).length === 0 ? undefined : withChanged(details, given);
  if (resolved !== undefined && 'errors' in resolved) {
    printDiagnostics(terminal, [{ text: sources.get(plan.file) ?? '', diagnostics: resolved.errors }], { json });
    return exitCodes.usage;
  }
  const request: RerunRequest = {
    by: operatorName(),
    what,
    ...(resolved === undefined ? {} : { inputs: resolved.inputs }),
    secrets,
  };
  const handle = await opened.engine.rerun(run, request);
  return await showRun(terminal, { handle, plan, json, state: options.state, warnings: [] }, sources);
}

/** What the options say is to run again. */
export function whatOf({ failed, job, from, iteration }: RerunOptions): What {
  const given = [
    ...(failed === true ? [{ kind: 'failed' } as const] : []),
    ...(job === undefined ? [] : [{ kind: 'job', job } as const]),
    ...(from === undefined ? [] : [stepOf(from)]),
    ...(iteration === undefined ? [] : [iterationOf(iteration)]),
  ];
  if (given.length > 1) {
    throw usageError('there are several parts to run again', 'Give one of --failed, --job, --from and --iteration.');
  }
  return given[0] ?? { kind: 'all' };
}

function stepOf(word: string): What {
  // A job's key may hold slashes, a step's none.
  const slash = word.lastIndexOf('/');
  const [job, step] = [word.slice(0, slash), word.slice(slash + 1)];
  if (slash < 1 || step === '') {
    throw usageError(`--from ${JSON.stringify(word)} names no step`, 'Write --from JOB/STEP, as in --from build/test.');
  }
  // Whether there are such ones, the run says.
  return { kind: 'step', job: job as JobKey, step: step as StepKey };
}

function iterationOf(word: string): What {
  const match = /^(.+)\/([^/]+)\[(\d{1,9})\]$/u.exec(word);
  if (match === null) {
    throw usageError(
      `--iteration ${JSON.stringify(word)} names no iteration`,
      "Write --iteration 'JOB/LOOP[7]', with the iteration's number counted from 0.",
    );
  }
  const [, job = '', step = '', index = ''] = match;
  // As above.
  return { kind: 'iteration', job: job as JobKey, step: step as StepKey, index: Number(index) };
}

/** The inputs of the last attempt with those that are given in their places, checked. */
function withChanged({ plan, inputs }: RunDetails, given: Readonly<Record<string, string>>) {
  return resolveInputs(plan, { ...asGiven(plan.inputs, inputs), ...given });
}

/** Inputs as they could have been given: what was left open stays open, and a text that is JSON is written as JSON. */
function asGiven(declared: RunDetails['plan']['inputs'], inputs: JsonObject): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]) => {
      if (value === null) return [];
      return [[name, declared[name]?.type === 'json' ? JSON.stringify(value) : value]];
    }),
  );
}
