import { type Host, stepFailure } from 'waterflow/plugin';
import { type Inputs, projectOf } from './inputs.ts';

/** An output goes into the run's records. */
const captureBytes: number = 512 * 1024;
/** Of what stays here: the file as Compose reads it, or ids. */
const internalBytes: number = 2 * 1024 * 1024;

/** Compose on this machine, for the file and the project of the step. */
export interface Compose {
  /** What a command printed, which stays here. Fails the step where it fails. */
  text(args: readonly string[]): Promise<string>;
  /** Fails the step where Compose fails; what is printed goes to the log, or becomes the output that the step wants. */
  required(args: readonly string[]): Promise<{ readonly exit_code: number; readonly stdout?: string }>;
  succeeds(args: readonly string[]): Promise<boolean>;
  /** The ids of the project's containers, of those that have ended too; or of one service's. */
  containers(service?: string): Promise<readonly string[]>;
  /** Whether `config` prints JSON: version 2 and later. */
  readonly hasJson: boolean;
}

/** Which command it is: `docker compose`, or `docker-compose`, which is version 1 mostly. */
interface Program {
  readonly command: 'docker' | 'docker-compose';
  readonly prefix: readonly string[];
  readonly version: string;
}

/** What Compose would fetch from elsewhere. It has no network; so it says that it may not, and not that there is none. */
const nothingRemote = { COMPOSE_EXPERIMENTAL_GIT_REMOTE: '0', COMPOSE_EXPERIMENTAL_OCI_REMOTE: '0' } as const;

/** Finds Compose. Fails the step where there is none. */
export async function findCompose(inputs: Inputs, host: Host): Promise<Compose> {
  const program = await findProgram(inputs, host);
  const envFile = inputs['env-file'];
  const common = [
    ...program.prefix,
    '--ansi',
    'never',
    '--file',
    inputs.file,
    '--project-name',
    projectOf(inputs),
    ...(envFile === undefined ? [] : ['--env-file', envFile]),
  ];
  const given = Object.entries(inputs.env ?? {}).map(([name, value]) => [name, String(value)] as const);
  const env = { ...nothingRemote, ...Object.fromEntries(given) };
  const run = (args: readonly string[], bytes?: number) =>
    host.exec.run({
      command: program.command,
      args: [...common, ...args],
      env,
      docker: true,
      ...(bytes === undefined ? {} : { stdout: 'capture', max_bytes: bytes }),
    });
  const text = async (args: readonly string[]): Promise<string> => {
    const { exit_code, stdout = '' } = await run(args, internalBytes);
    if (exit_code !== 0) throw failed(exit_code, { exit_code });
    return stdout;
  };
  return {
    text,
    async required(args) {
      const { exit_code, stdout } = await run(args, inputs.capture ? captureBytes : undefined);
      const outputs = { exit_code, ...(stdout === undefined ? {} : { stdout: trimmed(stdout) }) };
      if (exit_code !== 0) throw failed(exit_code, outputs);
      return outputs;
    },
    succeeds: async (args) => (await run(args)).exit_code === 0,
    containers: async (service) => idsIn(await text(['ps', '--all', '--quiet', ...(service ? [service] : [])])),
    hasJson: !program.version.startsWith('1.'),
  };
}

async function findProgram({ client }: Inputs, host: Host): Promise<Program> {
  if (client !== 'standalone') {
    const version = await versionOf(host, 'docker', ['compose', 'version', '--short']);
    if (version !== undefined) return { command: 'docker', prefix: ['compose'], version };
  }
  if (client !== 'plugin') {
    const version = await versionOf(host, 'docker-compose', ['version', '--short']);
    if (version !== undefined) return { command: 'docker-compose', prefix: [], version };
  }
  const names = {
    auto: 'neither `docker compose` nor `docker-compose` is',
    plugin: "`docker compose` isn't",
    standalone: "`docker-compose` isn't",
  };
  throw stepFailure(`${names[client]} on the agent's machine`, {
    remedy: 'Install the Compose plugin of Docker, or docker-compose.',
  });
}

/** Undefined where it isn't there. Without the plugin `docker` takes the words for a mistake. */
async function versionOf(
  host: Host,
  command: Program['command'],
  args: readonly string[],
): Promise<string | undefined> {
  try {
    const found = await host.exec.run({ command, args, stdout: 'capture', stderr: 'discard', max_bytes: 1000 });
    const version = (found.stdout ?? '').trim().replace(/^v/, '');
    return found.exit_code === 0 && version !== '' ? version : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function idsIn(text: string): readonly string[] {
  return text.split(/\s+/).filter((id) => /^[0-9a-f]{64}$/.test(id));
}

function failed(exitCode: number, outputs: object): Error {
  return stepFailure(`docker-compose ended with exit code ${exitCode}`, {
    outputs,
    remedy: 'Its messages are in the log, and what the agent denied it.',
  });
}

/** As a shell's `$(…)` does it. */
export function trimmed(text: string): string {
  return text.replace(/(?:\r?\n)+$/, '');
}
