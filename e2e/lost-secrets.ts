/** Runs whose secrets went with the server that had them: it was killed. */
import { expect } from 'vitest';
import { askServer, endedRun, type ServerPlace, type ServerProcess, serverPlace } from './server-process.ts';

/** What the runs are started with. */
export const lostSecrets = { TOKEN: 'hunter2hunter2' };

type Body = Readonly<Record<string, unknown>>;
type Answer = Awaited<ReturnType<typeof askServer>>;

/** Runs by the names of the test, on servers that are killed. */
export class Scene {
  readonly place: ServerPlace = serverPlace();
  readonly runs: Record<string, string> = {};
  #server: ServerProcess | undefined;

  get server(): ServerProcess {
    if (this.#server === undefined) throw new Error('no server runs');
    return this.#server;
  }

  async begin(): Promise<void> {
    this.#server = await this.place.begin();
  }

  async killAndBegin(): Promise<void> {
    this.server.process.child.kill('SIGKILL');
    await this.server.process.ended;
    await this.begin();
  }

  ask(name: string, verb = '', body?: object): Promise<Answer> {
    return askServer(this.server, `/v1/workflows/${this.runs[name]}${verb === '' ? '' : `/${verb}`}`, body);
  }

  async shown(name: string): Promise<Body> {
    return (await this.ask(name)).body;
  }

  decide(name: string, decision: 'approve' | 'reject'): Promise<Answer> {
    return this.ask(name, 'approvals', { decision });
  }

  ended(name: string): Promise<Body> {
    return endedRun(this.server, this.runs[name] ?? '');
  }

  async logOf(name: string): Promise<string> {
    return (await fetch(`${this.server.url}/v1/workflows/${this.runs[name]}/logs?format=text`)).text();
  }
}

/** Waits until a run shows this. */
export async function comesTo(scene: Scene, name: string, expected: object): Promise<void> {
  await expect.poll(() => scene.shown(name)).toMatchObject(expected);
}

/** Approves a run, and waits until a step of it lacks its secret. */
export async function comesToLack(scene: Scene, name: string, step = 'use'): Promise<void> {
  expect((await scene.decide(name, 'approve')).status).toBe(202);
  await comesTo(scene, name, {
    status: 'waiting',
    error: { code: 'SECRET_MISSING' },
    awaits: [{ kind: 'secrets', job: 'work', step, secrets: ['TOKEN'] }],
  });
}

/** A server that goes on with runs which waited for approvals when the one before it was killed. */
export async function killed(
  workflows: Readonly<Record<string, string>>,
  waiting: readonly string[] = Object.keys(workflows),
): Promise<Scene> {
  const scene = new Scene();
  await scene.begin();
  for (const [name, workflow] of Object.entries(workflows)) {
    const { body } = await askServer(scene.server, '/v1/workflows', { workflow, secrets: lostSecrets });
    scene.runs[name] = String(body['id']);
  }
  for (const name of waiting) await comesTo(scene, name, { awaits: [{ kind: 'approval' }] });
  await scene.killAndBegin();
  return scene;
}
