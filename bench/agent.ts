import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openExecutor } from '../cli/composition/agent.ts';
import { openPlugins } from '../cli/composition/plugins.ts';
import { processTerminal, type Terminal } from '../cli/terminal.ts';
import { parseTemplate } from '../dsl/expressions/index.ts';
import { createSupervisor, type Supervisor, type SupervisorOptions } from '../runtime/supervisor/index.ts';
import type { AbsolutePath, StepTask } from '../schemas/index.ts';
import { benchRun, benchTask, executeAlone, nowhere } from './task.ts';

/** The agent as the command line puts it together: the shipped policy, the audit log, the best confinement of this machine. */
export interface BenchAgent extends AsyncDisposable {
  readonly supervisor: Supervisor;
  /** Runs a step to its success; its time in milliseconds. Throws where it fails. */
  step(step: BenchStep): Promise<number>;
  /** Writes a plugin beside the workflow, as `./plugins/NAME`. Its bytes are unlike every other one's. */
  plugin(kind: PluginKind, name: string): void;
}

/** The echo plugin for an isolate, or for WASM: a text in and out, and host calls. `parse` reads JSON; the others never end by themselves. */
export type PluginKind = 'echo' | 'echo-wasm' | 'parse' | 'spin' | 'flood';

export interface BenchStep {
  /** The name that the plugin was written under. */
  readonly plugin: string;
  readonly calls: number;
  /** What goes in and out. Default: 1 KiB. */
  readonly text?: string;
}

/** The WebAssembly module of {@link PluginKind} `echo-wasm`. */
export const echoModule: string = join(import.meta.dirname, 'plugins', 'echo-wasm', 'echo.wasm');

const text = 'x'.repeat(1024);
const textInput = parseTemplate('${{ inputs.text }}', () => nowhere).template;

/** The machine's own environment without what a user may have set for Waterflow. */
export function benchTerminal(cwd: string): Terminal {
  return { ...processTerminal(process), env: { PATH: process.env['PATH'] }, cwd };
}

/** Opens an agent whose state and plugins lie in `folder`; `approved` are the names of the plugins to come. */
export async function openBenchAgent(
  folder: string,
  options: { readonly approved: readonly string[]; readonly pool?: SupervisorOptions['pool'] },
): Promise<BenchAgent> {
  // Below an absolute folder.
  const at = (name: string): AbsolutePath => join(folder, name) as AbsolutePath;
  mkdirSync(at('state'), { recursive: true });
  const terminal = benchTerminal(folder);
  const supervisor = await createSupervisor(options.pool === undefined ? {} : { pool: options.pool });
  const executor = openExecutor(terminal, {
    state: at('state'),
    runFolder: at(join('state', benchRun)),
    policy: undefined,
    plugins: openPlugins(
      terminal,
      options.approved.map((name) => `./plugins/${name}`),
    ),
    workflowFolder: at('.'),
    secretsNow: () => ({}),
    supervisor,
  });
  const claim = await executor.claim({ run: benchRun, job: 'bench', job_attempt: 1 });
  writeFileSync(join(claim.workspace, 'data.txt'), text);
  let isClosed = false;
  return {
    supervisor,
    step: async (step) => {
      const start = performance.now();
      const result = await executeAlone(executor, claim, taskOf(step));
      const milliseconds = performance.now() - start;
      if (result.outcome !== 'success') throw new Error(JSON.stringify(result));
      if (result.host_calls.allowed !== step.calls)
        throw new Error('the step made other host calls than it was told to');
      return milliseconds;
    },
    plugin: (kind, name) => writePlugin(kind, { folder, name }),
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      isClosed = true;
      await executor[Symbol.asyncDispose]();
      await supervisor[Symbol.asyncDispose]();
    },
  };
}

/** Writes a plugin into `folder`/plugins; a comment in its manifest makes its digest its own. */
export function writePlugin(kind: PluginKind, at: { readonly folder: string; readonly name: string }): void {
  const target = join(at.folder, 'plugins', at.name);
  const skipped = new Set(['assembly', 'package.json']);
  cpSync(join(import.meta.dirname, 'plugins', kind), target, {
    recursive: true,
    filter: (source) => !skipped.has(source.split('/').at(-1) ?? ''),
  });
  appendFileSync(join(target, 'plugin.yaml'), `# ${at.name}\n`);
}

/** A step of {@link BenchStep} as the engine would hand it over. */
function taskOf(step: BenchStep): StepTask {
  return benchTask({
    uses: `./plugins/${step.plugin}`,
    with: {
      kind: 'object',
      entries: [
        ['text', textInput],
        ['calls', { kind: 'literal', value: step.calls }],
      ],
    },
    context: { inputs: { text: step.text ?? text } },
    permissions: [
      { version: 2, layer: 'job', entries: { fs: [{ kind: 'literal', value: { read: '**' } }] }, at: nowhere },
    ],
    timeout: { ms: 600_000, own: false },
  });
}
