/** The site of deploy/compose, as an operator brings it up who follows docs/deploy.md. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { root } from '../command.ts';
import { freePort } from '../nginx-servers.ts';
import { standIns } from './stand-ins.ts';

/** What a command came to. */
export interface Came {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A site in a folder. */
export class ComposeSite {
  readonly folder: string;
  readonly url: string;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.url = `https://localhost:${port}`;
  }

  /** Copies what is shipped, fills in `.env`, and makes keys. */
  static async prepare(
    folder: string,
    { version, name }: { readonly version: string; readonly name: string },
  ): Promise<ComposeSite> {
    chmodSync(folder, 0o711);
    const site = new ComposeSite(join(folder, 'waterflow'), await freePort());
    const state = join(folder, 'agent-state');
    cpSync(join(root, 'deploy/compose'), site.folder, { recursive: true });
    cpSync(join(root, 'deploy/images/agent/seccomp.json'), join(site.folder, 'agent-seccomp.json'));
    mkdirSync(state, { mode: 0o700 });
    const said = execFileSync('sh', ['init.sh', '--self-signed', 'localhost'], { cwd: site.folder, encoding: 'utf8' });
    const [, owner = ''] = /^WATERFLOW_UID=(\d+)$/mu.exec(said) ?? [];
    execFileSync('chown', [`${owner}:${owner}`, state]);
    const filled: Readonly<Record<string, string>> = {
      ...standIns,
      WATERFLOW_VERSION: version,
      WATERFLOW_UID: owner,
      PUBLISH: `127.0.0.1:${new URL(site.url).port}`,
      TASK_QUEUES: 'work=4',
      WATERFLOW_AGENT_NAME: name,
      AGENT_SECCOMP: './agent-seccomp.json',
      AGENT_APPARMOR: 'unconfined',
      AGENT_STATE: state,
      DOCKER_GID: execFileSync('stat', ['-c', '%g', '/var/run/docker.sock'], { encoding: 'utf8' }).trim(),
    };
    const example = readFileSync(join(site.folder, '.env.example'), 'utf8');
    const env = example.replaceAll(/^([A-Z_]+)=.*$/gmu, (line, variable: string) => {
      return variable in filled ? `${variable}=${filled[variable]}` : line;
    });
    writeFileSync(join(site.folder, '.env'), env);
    return site;
  }

  /** `docker compose` in its folder. */
  compose(...argv: readonly string[]): Came {
    const { PATH, HOME } = process.env;
    const { status, stdout, stderr } = spawnSync('docker', ['compose', ...argv], {
      cwd: this.folder,
      encoding: 'utf8',
      env: { PATH, HOME },
    });
    return { status, stdout, stderr };
  }

  /** The same with an agent: `agent` or `agent-docker`. */
  withAgent(profile: 'agent' | 'agent-docker', ...argv: readonly string[]): Came {
    return this.compose('--profile', profile, ...argv);
  }

  /** Asks the server through the proxy, as the administrator; `body` makes it a POST. */
  async ask(path: string, body?: object): Promise<{ readonly status: number; readonly text: string }> {
    const key = readFileSync(join(this.folder, 'secrets/admin-key'), 'utf8').trim();
    const agent = new Agent({ ca: readFileSync(join(this.folder, 'secrets/tls.pem')) });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const asked = request(new URL(path, this.url), { agent, method: body === undefined ? 'GET' : 'POST', headers });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly text: string }>();
    asked.on('error', reject).on('response', (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, text: answer }), reject);
    });
    return await promise.finally(() => agent.destroy());
  }

  /** What of the run's state the API shows. */
  async run(id: string): Promise<Readonly<Record<string, unknown>>> {
    const { text: shown } = await this.ask(`/v1/workflows/${id}`);
    return JSON.parse(shown) as Readonly<Record<string, unknown>>; // As the API says.
  }

  /** Hands a workflow in; gives the run's id. */
  async submit(workflow: string): Promise<string> {
    const { text: answer } = await this.ask('/v1/workflows', { workflow });
    const { id } = JSON.parse(answer) as { readonly id?: string }; // As the API says.
    if (id === undefined) throw new Error(answer);
    return id;
  }

  /** The first process of a service, as the machine counts processes. */
  pidOf(service: string): number {
    const { stdout } = this.compose('ps', '--quiet', service);
    const format = ['inspect', '--format', '{{.State.Pid}}', stdout.trim()];
    return Number(execFileSync('docker', format, { encoding: 'utf8' }).trim());
  }
}
