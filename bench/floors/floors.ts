import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Floor } from '../figure.ts';

/** A floor that is measured bit by bit, between the samples of what stands on it. */
export interface FloorProbe extends AsyncDisposable {
  /** Takes one more sample. */
  sample(): Promise<void>;
  readonly floor: Floor;
}

/** The V8 flags of a sandbox host for isolates, as far as they change its speed. */
const isolateFlags: readonly string[] = ['--jitless', '--max-semi-space-size=1', '--v8-pool-size=1'];

/** Creates, runs and disposes of an isolate. */
export function bareIsolate(): Promise<FloorProbe> {
  return childProbe('bare isolate create + run + dispose', { script: 'isolate.mjs', execArgv: isolateFlags });
}

/** Creates and calls an Extism plugin from a compiled module, with a text of 1 KiB or as long as is said. */
export function bareExtism(module: string, characters?: number): Promise<FloorProbe> {
  return characters === undefined
    ? childProbe('bare Extism create + call', { script: 'extism.mjs', args: [module] })
    : childProbe(`bare Extism, ${characters} characters`, { script: 'extism.mjs', args: [module, String(characters)] });
}

/** Creates and calls an Extism plugin in a worker thread, as Extism does itself where it is to survive a hanging one. */
export function extismWorker(module: string): Promise<FloorProbe> {
  return childProbe('Extism in a worker: create + call + close', {
    script: 'extism-worker.mjs',
    args: [module],
    execArgv: ['--no-warnings'],
  });
}

/** A worker thread with a vm context, which is no sandbox. */
export function workerVm(): Promise<FloorProbe> {
  return childProbe('worker_threads + vm: start + run + end', { script: 'worker-vm.mjs' });
}

/** A number of invocations on the engines alone, in one process; each sample is of all of them. */
export function bareMix(module: string, count: number): Promise<FloorProbe> {
  return childProbe(`${count} on bare engines in one process`, { script: 'mix.mjs', args: [module, String(count)] });
}

/** Sends 64 bytes to another process and gets them back. */
export function bareRoundTrip(): Promise<FloorProbe> {
  return childProbe('bare round trip to another process', {
    script: 'round-trip.mjs',
    serve: (child) => {
      // Descriptor 4 is a pipe of ours, and Node makes a Socket for it.
      const socket = child.stdio[4] as unknown as Socket;
      socket.on('data', (chunk: Uint8Array) => socket.write(chunk));
    },
  });
}

/** Starts a program and waits for its end. */
export function bareProcess(what: string, command: string, args: readonly string[]): FloorProbe {
  const samples: number[] = [];
  return {
    floor: { what, unit: 'ms', samples },
    sample: async () => {
      const start = performance.now();
      const [code] = await once(spawn(command, args, { stdio: 'ignore' }), 'exit');
      if (code !== 0) throw new Error(`${command} ended with ${code}`);
      samples.push(performance.now() - start);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Node 24 with nothing to do. */
export function bareNode(): FloorProbe {
  return bareProcess('bare node -e 0', process.execPath, ['-e', '0']);
}

/** The cheapest process there is. */
export function bareSpawn(): FloorProbe {
  return bareProcess('bare spawn of /bin/true', '/bin/true', []);
}

interface ProbeScript {
  readonly script: string;
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  readonly serve?: (child: ChildProcess) => void;
}

/** A child that measures by itself, one sample for each message. */
async function childProbe(what: string, probe: ProbeScript): Promise<FloorProbe> {
  const script = fileURLToPath(new URL(probe.script, import.meta.url));
  const child = fork(script, probe.args ?? [], {
    execArgv: [...(probe.execArgv ?? [])],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'],
  });
  probe.serve?.(child);
  const exit = once(child, 'exit');
  const ended = exit.then(([code]) => Promise.reject(new Error(`${probe.script} ended with ${code}`)));
  ended.catch(() => {});
  const next = async (): Promise<unknown> => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message;
  };
  await next();
  const samples: number[] = [];
  return {
    floor: { what, unit: 'ms', samples },
    sample: async () => {
      const answer = next();
      child.send('go');
      const milliseconds = await answer;
      if (typeof milliseconds !== 'number') throw new Error(`${probe.script} sent no number`);
      samples.push(milliseconds);
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await exit;
    },
  };
}
