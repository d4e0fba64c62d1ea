import { type DockerContainer, type DockerMount, type DockerStreams, type Host, stepFailure } from 'waterflow/plugin';
import { digestOf } from './image-name.ts';
import { type Inputs, textsOf } from './inputs.ts';

/** An output goes into the run's records; a larger one belongs into a file. */
const captureBytes: number = 512 * 1024;

/** Of a program that SIGKILL ended, as shells count it. */
const killedCode = 137;

/** Runs the container to its end, or starts it and leaves it. */
export async function runContainer(inputs: Inputs, host: Host): Promise<object> {
  const container = containerOf(inputs);
  if (inputs.detach) {
    const { name, ports } = inputs;
    const started = await host.docker.start({
      ...container,
      ...(name === undefined ? {} : { name }),
      ...(ports === undefined ? {} : { ports }),
    });
    return { container: started.container, ...imageOutputs(inputs, started) };
  }
  const ended = await host.docker.run({ ...container, ...streamsOf(inputs), ...stdinOf(inputs) });
  const outputs = { ...endOutputs(ended), ...imageOutputs(inputs, ended) };
  const memory = inputs.memory ?? '2GiB';
  if (ended.out_of_memory) {
    throw stepFailure(`the container took more than ${memory} of memory`, {
      outputs,
      remedy: 'Give it more by `memory`, or have it take less.',
    });
  }
  if (ended.exit_code === killedCode) {
    // The kernel tells the daemon of a container that it ended for its memory, but not always before the container is gone.
    throw stepFailure(`exit code ${killedCode}`, {
      outputs,
      remedy: `The program was killed: by itself, by somebody on its machine, or because it took more than ${memory} of memory, which \`memory\` can raise.`,
    });
  }
  return requireSuccess(ended.exit_code, outputs);
}

/** Runs a program in a container that goes on. */
export async function execInContainer(inputs: Inputs, host: Host): Promise<object> {
  const { env, user, script, command = [] } = inputs;
  const workdir = inputs['working-directory'];
  const ended = await host.docker.exec({
    container: containerIdOf(inputs),
    command: script === undefined ? command : ['sh', ...scriptArguments(script)],
    ...(env === undefined ? {} : { env: textsOf(env) }),
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workdir }),
    ...streamsOf(inputs),
    ...stdinOf(inputs),
  });
  return requireSuccess(ended.exit_code, { ...endOutputs(ended), image: inputs.image });
}

/** Shows what a container has written so far. */
export async function showLogs(inputs: Inputs, host: Host): Promise<object> {
  const { tail } = inputs;
  const { stdout } = await host.docker.logs({
    container: containerIdOf(inputs),
    ...(tail === undefined ? {} : { tail }),
    ...streamsOf(inputs),
  });
  return { image: inputs.image, ...(stdout === undefined ? {} : { stdout: trimmed(stdout) }) };
}

/** Waits until a container ends by itself. */
export async function waitForContainer(inputs: Inputs, host: Host): Promise<object> {
  const { exit_code } = await host.docker.wait({ container: containerIdOf(inputs) });
  return requireSuccess(exit_code, { exit_code, image: inputs.image });
}

/** Ends and removes a container. */
export async function removeContainer(inputs: Inputs, host: Host): Promise<object> {
  await host.docker.remove(containerIdOf(inputs));
  return { image: inputs.image };
}

/** What all that is done with an image says of it. */
export function imageOutputs(
  { image }: Inputs,
  found: { readonly image: string; readonly digests?: readonly string[] },
): object {
  const digest = digestOf(image, found.digests ?? []);
  return { image, image_id: found.image, ...(digest === undefined ? {} : { digest }) };
}

/** Limits aren't here: the permission's own, made of the same inputs, are what holds. */
function containerOf(inputs: Inputs): DockerContainer {
  const { image, command, entrypoint, script, env, user, network, tmpfs, pull } = inputs;
  const workdir = inputs['working-directory'];
  return {
    image,
    network,
    pull,
    ...(command === undefined ? {} : { command }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    // An entrypoint of the image's would take the script for its arguments.
    ...(script === undefined ? {} : { entrypoint: ['sh'], command: scriptArguments(script) }),
    ...(env === undefined ? {} : { env: textsOf(env) }),
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(tmpfs === undefined ? {} : { tmpfs }),
    mounts: mountsOf(inputs),
    root: inputs['read-only'] ? 'read' : 'write',
  };
}

function scriptArguments(script: string): readonly string[] {
  return ['-ec', script];
}

function mountsOf({ mounts = [], volumes = [] }: Inputs): readonly DockerMount[] {
  return [...mounts, ...volumes.map(({ name, ...place }) => ({ volume: name, ...place }))];
}

function stdinOf(inputs: Inputs): Pick<DockerStreams, 'stdin'> {
  const file = inputs['stdin-file'];
  if (file !== undefined) return { stdin: { file } };
  return inputs.stdin === undefined ? {} : { stdin: inputs.stdin };
}

/** Stderr goes to the log always: it says why something failed. */
function streamsOf(inputs: Inputs): Omit<DockerStreams, 'stdin'> {
  const file = inputs['stdout-file'];
  if (file !== undefined) return { stdout: { file }, stderr: 'log' };
  return inputs.capture
    ? { stdout: 'capture', stderr: 'log', max_bytes: captureBytes }
    : { stdout: 'log', stderr: 'log' };
}

function endOutputs({ exit_code, stdout }: { readonly exit_code: number; readonly stdout?: string }): object {
  return { exit_code, ...(stdout === undefined ? {} : { stdout: trimmed(stdout) }) };
}

/** As a shell's `$(…)` does it, so that one line can be used as a value. */
function trimmed(text: string): string {
  return text.replace(/(?:\r?\n)+$/, '');
}

function requireSuccess(exitCode: number, outputs: object): object {
  if (exitCode === 0) return outputs;
  throw stepFailure(`exit code ${exitCode}`, {
    outputs,
    remedy: 'The program in the container ended with it; what it printed before is in the log.',
  });
}

function containerIdOf({ container }: Inputs): string {
  // checkInputs() has seen to it.
  return container ?? '';
}
