import { definePlugin, type Host, type Plugin } from 'waterflow/plugin';
import {
  execInContainer,
  imageOutputs,
  removeContainer,
  runContainer,
  showLogs,
  waitForContainer,
} from './container.ts';
import { registryOf } from './image-name.ts';
import { checkInputs, type Inputs, type Operation, textsOf } from './inputs.ts';

const plugin: Plugin<Inputs, object> = definePlugin(async (inputs, host) => {
  checkInputs(inputs);
  await logIn(inputs, host);
  return operations[inputs.operation](inputs, host);
});
export default plugin;

const operations: Readonly<Record<Operation, (inputs: Inputs, host: Host) => Promise<object>>> = {
  run: runContainer,
  exec: execInContainer,
  logs: showLogs,
  wait: waitForContainer,
  remove: removeContainer,
  build,
  pull,
  push,
  // That was all, and the registry took the credentials.
  login: async ({ image }) => ({ image }),
};

/** The password is a placeholder here; the agent puts the value into the request to the daemon. */
async function logIn(inputs: Inputs, host: Host): Promise<void> {
  const { registry, username, password } = inputs;
  if (username === undefined || password === undefined) return;
  await host.docker.login({ registry: registry ?? registryOf(fetchedOrSent(inputs)), username, password });
}

/** The image for which there is anything to do at a registry: of a build, the first that it is built upon. */
function fetchedOrSent({ operation, image, 'base-images': upon }: Inputs): string {
  return operation === 'build' ? (upon?.[0] ?? image) : image;
}

async function build(inputs: Inputs, host: Host): Promise<object> {
  const { image, context, dockerfile, target, network } = inputs;
  const args = inputs['build-args'];
  try {
    const built = await host.docker.build({
      tag: image,
      context,
      network,
      ...(dockerfile === undefined ? {} : { dockerfile }),
      ...(target === undefined ? {} : { target }),
      ...(args === undefined ? {} : { args: textsOf(args) }),
    });
    return imageOutputs(inputs, built);
  } catch (error) {
    if (isDenied(error)) host.log('an image that the Dockerfile names after FROM must be one of `base-images`');
    throw error;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && error.name === 'HostDenied';
}

async function pull(inputs: Inputs, host: Host): Promise<object> {
  return imageOutputs(inputs, await host.docker.pull(inputs.image));
}

async function push(inputs: Inputs, host: Host): Promise<object> {
  const { image, digest } = await host.docker.push(inputs.image);
  return { ...imageOutputs(inputs, { image }), ...(digest === undefined ? {} : { digest }) };
}
