import { mkdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import { openPolicy } from '../composition/policy.ts';
import { startServer } from '../composition/server.ts';
import { developmentSettings } from '../composition/server-config.ts';
import { openServerLog } from '../composition/server-log.ts';
import { firstSignal } from '../composition/shutdown.ts';
import { stateFolder } from '../composition/state.ts';
import { SessionRuns } from '../dev/session.ts';
import { startDevAgent, startDevTemporal } from '../dev/temporal.ts';
import { watchFolder } from '../dev/watch.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { readWorkflowFile } from './compile-file.ts';
import { parsePairs, parseSecrets } from './pairs.ts';

/** `waterflow dev`'s options, as the command line gives them. */
export interface DevOptions {
  readonly folder?: string;
  readonly port?: string;
  readonly input: readonly string[];
  readonly var: readonly string[];
  readonly secret: readonly string[];
  readonly policy?: string;
  readonly approve: readonly string[];
  readonly state?: string;
  /** Runs go on in a Temporal of its own. */
  readonly temporal?: boolean;
}

/** A server for who writes workflows and plugins: checks, reloads and runs again what was changed, until a signal ends it; gives the exit code. */
export async function dev(terminal: Terminal, file: string | undefined, options: DevOptions): Promise<number> {
  const { cwd } = terminal;
  const values = {
    inputs: parsePairs('--input', options.input),
    vars: parsePairs('--var', options.var),
    secrets: parseSecrets(options.secret, terminal.env),
  };
  if (file !== undefined) await readWorkflowFile(terminal, file);
  const beside = file === undefined ? cwd : dirname(resolve(cwd, file));
  const folder = resolve(cwd, options.folder ?? beside) as AbsolutePath; // resolve() gives an absolute path.
  const state = options.state ?? join(stateFolder(terminal, undefined), 'dev');
  const settings = developmentSettings(terminal, {
    state,
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  const policy = openPolicy(terminal, options.policy).file as AbsolutePath; // Policies are opened by absolute paths.
  if (options.temporal === true) mkdirSync(state, { recursive: true, mode: 0o700 });
  const log = openServerLog(terminal, { level: settings.config.logLevel, form: 'lines' });
  const signalled = firstSignal(terminal);

  const { approve } = options;
  await using temporal = options.temporal === true ? await startDevTemporal(terminal, state) : undefined;
  const engine = temporal === undefined ? {} : { temporal: temporal.settings };
  const development = { folder, approve };
  await using server = await startServer(terminal, { ...settings, ...engine, policy, development }, log);
  await using _agent = temporal && (await startDevAgent(terminal, { server, temporal, state, policy }));
  terminal.stderr.write(`waterflow dev listens on ${server.url} and watches ${folder} (Ctrl-C ends it)\n`);
  const session = { folder, approve, file: file === undefined ? undefined : relative(cwd, resolve(cwd, file)), values };
  await using runs = new SessionRuns(terminal, server, session);
  await using _watching = await watchFolder(folder, (changes) => runs.changed(changes));
  runs.begin();
  await signalled;
  return exitCodes.ok;
}
