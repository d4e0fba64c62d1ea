import { Server, type Socket } from 'node:net';
import type { Authorized } from '../../../grants/api.ts';
import type { CallScope } from '../../capability.ts';
import { CallFailure } from '../../capability.ts';
import { type BinarySearch, findBinaryIfThere } from '../binary.ts';
import type { EgressDemand, ExecArgs } from '../call.ts';
import type { ExecMachinePowers, ExecPowers } from '../powers.ts';
import type { ExecEffective } from '../rule.ts';
import { type EgressBounds, egressBounds, Gateway } from './gateway.ts';
import { type InsideSetup, listenInside } from './inside.ts';
import { connectScriptPath, type EgressView, egressView } from './view.ts';

/** What one exec may reach of the network. */
export interface Egress extends Disposable {
  readonly environment: EgressView['environment'];
  /** Made-up files, by their name in /etc; `hosts` is added to the usual one. */
  readonly etc: { readonly hosts: string; readonly files: Readonly<Record<string, string>> };
  /** Listens in the namespace of the process, before the program starts. */
  readonly prepare: (pid: number) => Promise<void>;
  readonly exceeded: Promise<CallFailure>;
}

/** What opening needs. */
export interface EgressContext {
  readonly scope: CallScope;
  readonly search: BinarySearch;
  readonly powers: ExecPowers & Pick<ExecMachinePowers, 'lookup' | 'uid'>;
  readonly bounds?: EgressBounds;
}

/** Undefined where a rule lets the program reach nothing. Each connection is on record before it is made; disposed of, it notes their sum. */
export async function openEgress(
  authorized: Authorized<ExecArgs, ExecEffective>,
  { scope, search, powers, bounds = egressBounds }: EgressContext,
): Promise<Egress | undefined> {
  const { egress: rules, profile } = authorized.effective;
  if (profile === 'host' || rules.length === 0 || rules.some(({ endpoints }) => endpoints.length === 0))
    return undefined;
  const nsenter = findBinaryIfThere('nsenter', search);
  if (nsenter === undefined) {
    throw new CallFailure('CONFINEMENT_UNAVAILABLE', "the program's egress needs nsenter, which was not found", {
      rule: 'exec egress',
      remedy: "Install util-linux in one of the agent's folders.",
    });
  }
  const view = egressView(rules);
  const gateway = new Gateway({
    rules,
    recheck: (connection) => authorized.recheck({ call: authorized.args, ...connection } satisfies EgressDemand),
    within: (call, decision) => scope.audit.within(call, decision),
    lookup: powers.lookup,
    signal: scope.signal,
    bounds,
    onRefused: (message) => scope.log('log', `egress: ${message}\n`),
  });
  const servers: Server[] = [];
  return {
    environment: view.environment,
    etc: {
      hosts: view.hosts,
      files: { 'ssh/ssh_config': view.sshConfig, [connectScriptPath.slice('/etc/'.length)]: view.connectScript },
    },
    async prepare(pid) {
      servers.push(...(await serveInside(pid, view, { gateway, scope, setup: { nsenter, powers, uid: powers.uid } })));
    },
    exceeded: gateway.exceeded,
    [Symbol.dispose]() {
      for (const server of servers) server.close();
      gateway[Symbol.dispose]();
      scope.audit.note({ egress: gateway.facts() });
    },
  };
}

async function serveInside(
  pid: number,
  view: EgressView,
  { gateway, scope, setup }: { readonly gateway: Gateway; readonly scope: CallScope; readonly setup: InsideSetup },
): Promise<readonly Server[]> {
  // Loaded where a program has an egress: it brings an HTTP server along.
  const { createProxy } = await import('./proxy.ts');
  const places = [view.proxy, ...view.direct.map(({ at }) => at)];
  const answers = await listenInside(pid, places, setup);
  const proxy = createProxy(gateway);
  const serve = (server: Server, handle: (client: Socket) => void): Server => {
    // A program that has sent all it has to say may still wait for the answer.
    Object.assign(server, { allowHalfOpen: true });
    server.on('connection', (client) => {
      if (gateway.admit(client)) handle(client);
    });
    server.on('error', () => undefined);
    return server;
  };
  const servers: Server[] = [];
  for (const [index, answer] of answers.entries()) {
    const direct = view.direct[index - 1];
    if (answer instanceof Server) {
      servers.push(
        serve(answer, (client) => {
          if (direct === undefined) return proxy(client);
          void gateway.connect(direct.endpoint).then(
            (upstream) => gateway.carry(client, upstream),
            () => client.destroy(),
          );
        }),
      );
    } else if (direct === undefined) {
      for (const other of answers) if (other instanceof Server) other.close();
      throw new CallFailure('FAILED', `the program's egress can't be set up: ${answer}`);
    } else {
      const { host, port } = direct.endpoint;
      scope.log('log', `egress: ${host}:${port} can only be reached through the proxy (${answer})\n`);
    }
  }
  return servers;
}
