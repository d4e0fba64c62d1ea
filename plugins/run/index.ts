import { definePlugin, type Host, type HostExec, type Plugin, stepFailure } from 'waterflow/plugin';
import { readFolders, readOutputs, readVariables } from './command-file.ts';
import { parseGrace } from './duration.ts';
import { type ExitCodes, readExitCodes } from './exit-codes.ts';
import { inTerminal, interpreterOf, scriptVariable } from './interpreter.ts';

interface Inputs {
  readonly script: string;
  readonly shell?: string;
  readonly 'working-directory'?: string;
  readonly 'success-codes'?: number | string | readonly (number | string)[];
  readonly tty?: boolean;
  readonly 'interrupt-grace'?: string | number;
  readonly 'terminate-grace'?: string | number;
}

type Command = Parameters<HostExec['run']>[0];

/** The files that a script may write to, and the names by which it finds them: ours, and the ones that scripts for GitHub know. */
const commandFiles = {
  output: { read: true, env: ['WATERFLOW_OUTPUT', 'GITHUB_OUTPUT'] },
  env: { read: true, env: ['WATERFLOW_ENV', 'GITHUB_ENV'] },
  path: { read: true, env: ['WATERFLOW_PATH', 'GITHUB_PATH'] },
  // GitHub's actions hand it to their own last step; a script has none, so nobody reads it.
  state: { env: ['WATERFLOW_STATE', 'GITHUB_STATE'] },
  summary: { read: true, env: ['WATERFLOW_STEP_SUMMARY', 'GITHUB_STEP_SUMMARY'] },
} as const;

const plugin: Plugin<Inputs> = definePlugin(async (inputs, host) => {
  const successes = readExitCodes(inputs['success-codes'] ?? 0);
  const { exit_code, signal, files } = await host.exec.run(commandOf(inputs));
  if (successes.includes(exit_code)) {
    const outputs = outputsOf(files);
    await carry({ variables: readVariables(files['env'] ?? ''), folders: readFolders(files['path'] ?? '') }, host);
    if ((files['summary'] ?? '') !== '') {
      host.log(files['summary'] ?? '');
    }
    return { ...outputs, exit_code };
  }
  await carryInSpiteOf(files, host);
  throw stepFailure(describeEnd(exit_code, { signal, successes }), {
    outputs: { ...outputsInSpiteOf(files), exit_code },
    remedy: 'The script ended with it; what it printed before is in the log.',
  });
});
export default plugin;

function describeEnd(
  code: number,
  { signal, successes }: { readonly signal: string | undefined; readonly successes: ExitCodes },
): string {
  const text = `exit code ${code}${signal === undefined ? '' : ` (${signal})`}`;
  return code === 0 ? `${text}, and only ${successes.text} is a success` : text;
}

function outputsOf(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(readOutputs(files['output'] ?? ''));
}

/** A script that failed may have stopped in the middle of a line; its exit code matters more than that. */
function outputsInSpiteOf(files: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return outputsOf(files);
  } catch {
    return {};
  }
}

function commandOf(inputs: Inputs): Command {
  const interpreter = interpreterOf(inputs.shell ?? 'bash');
  const { command, flags, file, beside = {} } = interpreter;
  const others = Object.entries(beside).map(([name, content]) => [name, { content }] as const);
  const directory = inputs['working-directory'];
  return {
    ...(inputs.tty === true ? inTerminal(interpreter) : { command, args: [...flags, { file }] }),
    ...(directory ? { cwd: directory } : {}),
    step_env: true,
    ...gracesOf(inputs),
    files: { [file]: { content: inputs.script, env: scriptVariable }, ...Object.fromEntries(others), ...commandFiles },
  };
}

/** Nothing where the step says nothing: the agent's own hold then. */
function gracesOf(inputs: Inputs): Pick<Command, 'graces'> {
  const named = [['interrupt_ms', 'interrupt-grace'] as const, ['terminate_ms', 'terminate-grace'] as const];
  const asked = named.flatMap(([key, input]) => {
    const value = inputs[input];
    return value === undefined ? [] : [[key, parseGrace(value, input)] as const];
  });
  return asked.length === 0 ? {} : { graces: Object.fromEntries(asked) };
}

/** What a script leaves for later steps. */
interface Leaving {
  readonly variables: ReadonlyMap<string, string>;
  readonly folders: readonly string[];
}

/** What may not be left fails the step: a later one that relies on it must not go wrong silently. */
async function carry({ variables, folders }: Leaving, host: Host): Promise<void> {
  if (variables.size > 0) {
    const { kept_back } = await host.env.set(Object.fromEntries(variables));
    if (kept_back.length > 0) {
      host.log(`warning: ${kept_back.join(', ')} in WATERFLOW_ENV: each step has its own value, which stays`);
    }
  }
  if (folders.length > 0) {
    await host.env.addPath(folders);
  }
}

/** A script that failed leaves what it wrote before, as far as that can be read and is granted: its exit code matters more. */
async function carryInSpiteOf(files: Readonly<Record<string, string>>, host: Host): Promise<void> {
  for (const leaving of [
    () => ({ variables: readVariables(files['env'] ?? ''), folders: [] }),
    () => ({ variables: new Map<string, string>(), folders: readFolders(files['path'] ?? '') }),
  ]) {
    try {
      await carry(leaving(), host);
    } catch (error) {
      host.log(`warning: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
