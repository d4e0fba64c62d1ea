import { definePlugin, type Host, type Plugin, stepFailure } from 'waterflow/plugin';
import { problemsOf, servicesOf } from './check.ts';
import { type Compose, findCompose, trimmed } from './client.ts';
import { waitForServices } from './health.ts';
import { checkInputs, type Inputs, isBuilding, millisecondsIn } from './inputs.ts';
import { type Mapping, readModel } from './model.ts';
import { remotePartsOf } from './remote-parts.ts';
import { takeDown } from './take-down.ts';

/** Of a Compose file. */
const fileBytes: number = 1024 * 1024;

const plugin: Plugin<Inputs, object> = definePlugin(async (inputs, host) => {
  checkInputs(inputs);
  const timeoutMs = millisecondsIn('wait-timeout', inputs['wait-timeout'] ?? '5m');
  const compose = await findCompose(inputs, host);
  await logIn(inputs, host);
  switch (inputs.operation) {
    case 'up':
      return up({ inputs, host, compose, timeoutMs });
    case 'config':
      return config({ inputs, host, compose });
    case 'build': {
      const model = await checkedModel({ inputs, host, compose });
      return { ...(await compose.required(argumentsOf(inputs))), services: servicesOf(model) };
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

interface Step {
  readonly inputs: Inputs;
  readonly host: Host;
  readonly compose: Compose;
}

/** The password is a placeholder here; the agent keeps the value for the pulls of this step. */
async function logIn({ registry, username, password }: Inputs, host: Host): Promise<void> {
  if (registry === undefined || username === undefined || password === undefined) return;
  await host.docker.login({ registry, username, password });
}

async function config(step: Step): Promise<object> {
  const { inputs, host, compose } = step;
  const services = servicesOf(await checkedModel(step));
  const text = await compose.text(['config']);
  if (!inputs.capture) host.log(text);
  return { exit_code: 0, services, ...(inputs.capture ? { stdout: trimmed(text) } : {}) };
}

/** The file as Compose reads it, with nothing in it that no container gets. */
async function checkedModel({ inputs, host, compose }: Step): Promise<Mapping> {
  const remote = remotePartsOf(await host.fs.read(inputs.file, { max_bytes: fileBytes }));
  if (remote.length > 0) {
    throw stepFailure(`${inputs.file} includes what is elsewhere: ${remote.join(', ')}`, {
      remedy: 'Get it into the workspace by a step before (checkout, http), and include it from there.',
    });
  }
  const model = compose.hasJson
    ? readModel(await compose.text(['config', '--format', 'json']), 'json')
    : readModel(await compose.text(['config']), 'blocks');
  const { stdout = '' } = await host.exec.run({
    command: 'realpath',
    args: ['.'],
    stdout: 'capture',
    max_bytes: 10_000,
  });
  const setting = { root: trimmed(stdout), builds: isBuilding(inputs), deploys: compose.hasJson };
  const problems = problemsOf(model, setting);
  if (problems.length > 0) {
    throw stepFailure(`${inputs.file} asks for what no container gets here: ${problems.join('; ')}`, {
      remedy: 'Leave these keys out, or override them by a file for this place.',
    });
  }
  return model;
}

async function up(step: Step & { readonly timeoutMs: number }): Promise<object> {
  const { inputs, host, compose, timeoutMs } = step;
  const services = servicesOf(await checkedModel(step));
  if (inputs.build) await compose.required(argumentsOf({ ...inputs, operation: 'build' }));
  const before = await compose.containers();
  try {
    const outputs = await compose.required(argumentsOf(inputs));
    if (inputs.wait) await waitForServices(compose, host, { services, timeoutMs });
    return { ...outputs, services };
  } catch (error) {
    // Half of the services are of no use. What can't be taken down now goes when the run ends.
    await takeDown(compose, { services, before }).catch(() => false);
    throw error;
  }
}

/** Of one command and its own arguments. */
function argumentsOf(inputs: Inputs): readonly string[] {
  const { operation, services = [], service = '', command = [], tail } = inputs;
  switch (operation) {
    case 'up': {
      const scale = Object.entries(inputs.scale ?? {}).flatMap(([name, count]) => ['--scale', `${name}=${count}`]);
      return ['up', '--detach', '--no-color', '--no-build', '--quiet-pull', ...scale, ...services];
    }
    case 'down':
      return ['down', ...(inputs.volumes ? ['--volumes'] : [])];
    case 'build':
      return ['build', ...services];
    case 'pull':
      return ['pull', '--quiet', ...services];
    case 'logs':
      return ['logs', '--no-color', ...(tail === undefined ? [] : [`--tail=${tail}`]), ...services];
    case 'exec':
      return ['exec', '-T', '--', service, ...command];
    case 'ps':
    case 'config':
      return [operation];
    default:
      throw new Error(`unknown operation ${String(operation)}`);
  }
}
