import { definePlugin, type Host, type Plugin, stepFailure } from 'waterflow/plugin';
import { problemsOf, servicesOf } from './check.ts';
import { checkInputs, type Inputs } from './inputs.ts';

/** An output goes into the run's records. */
const captureBytes: number = 512 * 1024;
/** Of the file as docker-compose reads it, which stays here. */
const configBytes: number = 1024 * 1024;

const plugin: Plugin<Inputs, object> = definePlugin(async (inputs, host) => {
  checkInputs(inputs);
  const compose = createCompose(inputs, host);
  switch (inputs.operation) {
    case 'up':
      return up(inputs, compose);
    case 'config': {
      const text = await compose.config();
      if (!inputs.capture) host.log(text);
      return { exit_code: 0, services: servicesOf(text), ...(inputs.capture ? { stdout: trimmed(text) } : {}) };
    }
    case 'down':
    case 'pull':
    case 'ps':
    case 'logs':
    case 'exec':
      return compose.required(argumentsOf(inputs));
    default:
      throw new Error(`unknown operation ${String(inputs.operation)}`);
  }
});
export default plugin;

interface Compose {
  /** The file, checked and with its variables filled in. */
  config(): Promise<string>;
  /** Fails the step where docker-compose fails. */
  required(args: readonly string[]): Promise<object>;
  succeeds(args: readonly string[]): Promise<boolean>;
}

function createCompose(inputs: Inputs, host: Host): Compose {
  const envFile = inputs['env-file'];
  const common = [
    '--ansi',
    'never',
    '--file',
    inputs.file,
    '--project-name',
    inputs['project-name'],
    ...(envFile === undefined ? [] : ['--env-file', envFile]),
  ];
  const env = Object.fromEntries(Object.entries(inputs.env ?? {}).map(([name, value]) => [name, String(value)]));
  const run = (args: readonly string[], bytes?: number) =>
    host.exec.run({
      command: 'docker-compose',
      args: [...common, ...args],
      env,
      docker: true,
      ...(bytes === undefined ? {} : { stdout: 'capture', max_bytes: bytes }),
    });
  return {
    async config() {
      const { exit_code, stdout = '' } = await run(['config'], configBytes);
      if (exit_code !== 0) throw failed(exit_code, { exit_code });
      return stdout;
    },
    async required(args) {
      const { exit_code, stdout } = await run(args, inputs.capture ? captureBytes : undefined);
      const outputs = { exit_code, ...(stdout === undefined ? {} : { stdout: trimmed(stdout) }) };
      if (exit_code !== 0) throw failed(exit_code, outputs);
      return outputs;
    },
    succeeds: async (args) => (await run(args)).exit_code === 0,
  };
}

async function up(inputs: Inputs, compose: Compose): Promise<object> {
  const text = await compose.config();
  const problems = problemsOf(text);
  if (problems.length > 0) {
    throw stepFailure(`${inputs.file} asks for what no container gets here: ${problems.join('; ')}`, {
      remedy: 'Leave these keys out, or override them by a file for this place.',
    });
  }
  const scale = Object.entries(inputs.scale ?? {}).flatMap(([service, count]) => ['--scale', `${service}=${count}`]);
  const flags = ['--detach', '--no-color', '--no-build', '--quiet-pull'];
  try {
    const outputs = await compose.required(['up', ...flags, ...scale, ...(inputs.services ?? [])]);
    return { ...outputs, services: servicesOf(text) };
  } catch (error) {
    // Half of the services are of no use. What can't be taken down now goes when the run ends.
    await compose.succeeds(['down', '--remove-orphans']).catch(() => false);
    throw error;
  }
}

/** Of one command and its own arguments. */
function argumentsOf(inputs: Inputs): readonly string[] {
  const { operation, services = [], service = '', command = [], tail } = inputs;
  switch (operation) {
    case 'down':
      return ['down', '--remove-orphans', ...(inputs.volumes ? ['--volumes'] : [])];
    case 'pull':
      return ['pull', '--quiet', ...services];
    case 'logs':
      return ['logs', '--no-color', ...(tail === undefined ? [] : [`--tail=${tail}`]), ...services];
    case 'exec':
      return ['exec', '-T', '--', service, ...command];
    default:
      return [operation];
  }
}

function failed(exitCode: number, outputs: object): Error {
  return stepFailure(`docker-compose ended with exit code ${exitCode}`, {
    outputs,
    remedy: 'Its messages are in the log, and what the agent denied it.',
  });
}

/** As a shell's `$(…)` does it. */
function trimmed(text: string): string {
  return text.replace(/(?:\r?\n)+$/, '');
}
