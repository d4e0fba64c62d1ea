import { echoModule } from '../../agent.ts';
import { bareExtism, bareIsolate, extismWorker, type FloorProbe, workerVm } from '../../floors/floors.ts';
import type { ScenarioName } from '../scenarios.ts';
import type { Contestant } from './contestant.ts';
import { openDocker } from './docker.ts';
import { timed } from './contestant.ts';
import { packageVersion } from './versions.ts';

/** Calls behind each sample. */
export const callsOfSample = 20;

const nodeVersion = process.version.slice(1);

/** What others run plugins in, without anything around it. */
export const sandboxes: readonly Contestant[] = [
  probed('bare isolated-vm', packageVersion('isolated-vm'), { 'plugin-isolate': bareIsolate }),
  probed('worker_threads with vm', nodeVersion, { 'plugin-isolate': workerVm }),
  probed('bare Extism', packageVersion('@extism/extism'), { 'plugin-wasm': () => bareExtism(echoModule) }),
  probed('Extism in a worker', packageVersion('@extism/extism'), { 'plugin-wasm': () => extismWorker(echoModule) }),
  {
    name: 'docker run',
    async open({ scratch }) {
      const docker = await openDocker(scratch);
      const call = () => timed(() => docker.run('true'));
      return {
        version: docker.version,
        does: {
          'cold-start': () => timed(() => docker.run('echo one')),
          'plugin-isolate': call,
          'plugin-wasm': call,
        },
        [Symbol.asyncDispose]: () => docker[Symbol.asyncDispose](),
      };
    },
  },
];

function probed(
  name: string,
  version: string,
  scenarios: Readonly<Partial<Record<ScenarioName, () => Promise<FloorProbe>>>>,
): Contestant {
  return {
    name,
    async open() {
      await using opening = new AsyncDisposableStack();
      const does: Partial<Record<ScenarioName, () => Promise<number>>> = {};
      for (const scenario of ['plugin-isolate', 'plugin-wasm'] as const) {
        const start = scenarios[scenario];
        if (start === undefined) continue;
        const probe = opening.use(await start());
        does[scenario] = async () => {
          for (let each = 0; each < callsOfSample; each += 1) await probe.sample();
          return meanOf(probe.floor.samples.slice(-callsOfSample));
        };
      }
      const running = opening.move();
      return { version, does, [Symbol.asyncDispose]: () => running.disposeAsync() };
    },
  };
}

/** The mean of samples: what one costs where many follow each other. */
export function meanOf(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}
