import type { StartArgs } from '../call.ts';
import type { Made } from '../container.ts';
import type { DockerNetwork } from '../rule.ts';
import type { ContainerRecord, RunSession } from '../session.ts';
import { missing, Refusal } from './refusal.ts';

/** A container that was made through a socket. The daemon knows it by a name of the agent's; the client's own is known here only. */
export interface NamedContainer {
  readonly record: ContainerRecord;
  name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What it was granted as, with the widest network that it is in; each later request about it needs that still. */
  args: StartArgs;
  /** As the client called it. */
  readonly image: string;
  readonly removal: 'by itself' | 'by request';
  state: ContainerStage;
}

/** How far it got. Ended: it may be started again, unless it holds a folder of the workspace. */
export type ContainerStage = { readonly stage: 'made'; readonly made: Made } | { readonly stage: 'started' };

/** A network that a client made. The daemon has it once a container is to be in it: only then is it known what that one may reach. */
export interface NamedNetwork {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly internal: boolean;
  readonly createdAt: string;
  real: { readonly kind: Exclude<DockerNetwork, 'none'>; readonly name: Promise<string> } | undefined;
}

/** A volume of the run that a client made. */
export interface NamedVolume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

/** A program in a container, made and perhaps started. */
export interface NamedExec {
  readonly id: string;
  readonly container: NamedContainer;
  readonly stdin: 'open' | 'none';
}

/** Of programs in containers, in one run: the daemon keeps them as long as their container. */
const mostExecs = 1000;
const mostNetworks = 20;

/** What one plugin has made through its sockets in one run. Whatever isn't here isn't there. */
export class Names {
  readonly containers: Map<string, NamedContainer> = new Map();
  readonly networks: Map<string, NamedNetwork> = new Map();
  readonly volumes: Map<string, NamedVolume> = new Map();
  readonly execs: Map<string, NamedExec> = new Map();

  /** By its name, its id, or a beginning of its id that means one only. */
  container(given: string): NamedContainer {
    const all = [...this.containers.values()];
    const named = all.find(({ name, record }) => name === given || record.id === given);
    if (named !== undefined) return named;
    const [found, another] = /^[0-9a-f]{4,63}$/u.test(given)
      ? all.filter(({ record }) => record.id.startsWith(given))
      : [];
    if (found === undefined || another !== undefined) throw missing('container', given);
    return found;
  }

  network(given: string): NamedNetwork {
    const all = [...this.networks.values()];
    const named = all.find(({ name, id }) => name === given || id === given);
    if (named !== undefined) return named;
    const [found, another] = /^[0-9a-f]{4,63}$/u.test(given) ? all.filter(({ id }) => id.startsWith(given)) : [];
    if (found === undefined || another !== undefined) throw missing('network', given);
    return found;
  }

  addNetwork(network: NamedNetwork): void {
    if (this.networks.has(network.name)) throw new Refusal(409, `network with name ${network.name} already exists`);
    if (this.networks.size >= mostNetworks) throw new Refusal(429, `the run has ${mostNetworks} networks already`);
    this.networks.set(network.name, network);
  }

  requireFree(name: string): void {
    const taken = [...this.containers.values()].find((container) => container.name === name);
    if (taken === undefined) return;
    throw new Refusal(
      409,
      `Conflict. The container name "/${name}" is already in use by container "${taken.record.id}".`,
    );
  }

  addExec(exec: NamedExec): void {
    if (this.execs.size >= mostExecs) throw new Refusal(429, `the run has started ${mostExecs} programs in containers`);
    this.execs.set(exec.id, exec);
  }

  forget(container: NamedContainer): void {
    this.containers.delete(container.record.id);
    for (const [id, exec] of this.execs) if (exec.container === container) this.execs.delete(id);
  }
}

const known = new WeakMap<RunSession, Map<string, Names>>();

/** The names of a plugin in a run. They end with the run's session. */
export function namesOfPlugin(session: RunSession, plugin: string): Names {
  const byPlugin = known.get(session) ?? new Map<string, Names>();
  known.set(session, byPlugin);
  const names = byPlugin.get(plugin) ?? new Names();
  byPlugin.set(plugin, names);
  return names;
}
