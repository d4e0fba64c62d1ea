import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { remove } from '../removal.ts';
import type { DockerNetwork } from '../rule.ts';
import type { SocketContext } from './asking.ts';
import { readEndpoint } from './container-request.ts';
import { Fields } from './fields.ts';
import { matchesLabels, readFilters } from './filters.ts';
import type { NamedNetwork } from './names.ts';
import { denied, malformed, Refusal } from './refusal.ts';
import { forms, json, param, type Reply, type Route, type SocketRequest } from './route.ts';

const one = '([A-Za-z0-9][A-Za-z0-9_.-]{0,127})';
const remedy = 'Networks of a run have the driver `bridge`, and no options: leave it out.';

/** Networks that clients make for their containers. */
export const networkRoutes: readonly Route[] = [
  {
    kind: 'answer',
    method: 'GET',
    path: /^\/networks$/u,
    query: { filters: forms.filters },
    body: 'none',
    answer: list,
  },
  { kind: 'answer', method: 'POST', path: /^\/networks\/create$/u, query: {}, body: 'json', answer: create },
  {
    kind: 'answer',
    method: 'GET',
    path: new RegExp(`^/networks/${one}$`, 'u'),
    query: { verbose: forms.off, scope: /^(?:|local)$/u },
    body: 'none',
    answer: async ({ names }, request) => json(shown(names.network(param(request)))),
  },
  {
    kind: 'answer',
    method: 'DELETE',
    path: new RegExp(`^/networks/${one}$`, 'u'),
    query: {},
    body: 'none',
    answer: removeNetwork,
  },
  {
    kind: 'answer',
    method: 'POST',
    path: new RegExp(`^/networks/${one}/connect$`, 'u'),
    query: {},
    body: 'json',
    answer: connect,
  },
  {
    kind: 'answer',
    method: 'POST',
    path: new RegExp(`^/networks/${one}/disconnect$`, 'u'),
    query: {},
    body: 'json',
    answer: disconnect,
  },
];

async function create({ names, asking, scope }: SocketContext, { json: body }: SocketRequest): Promise<Reply> {
  const fields = new Fields(body, '');
  const name = fields.text('Name');
  if (!forms.name.test(name) || ['none', 'host', 'bridge', 'default'].includes(name)) {
    throw malformed(`\`${name.slice(0, 100)}\` can't be the name of a network`);
  }
  fields.flag('CheckDuplicate');
  // Who is in it is said by requests on this socket.
  fields.flag('Attachable');
  fields.oneOf('Driver', ['bridge', 'default'], remedy);
  fields.oneOf('Scope', ['local'], remedy);
  fields.oneOf('EnableIPv4', [true], remedy);
  const internal = fields.flag('Internal');
  const labels = fields.pairs('Labels');
  const ipam = fields.fields('IPAM');
  ipam.oneOf('Driver', ['default'], remedy);
  ipam.idle('Config', 'Options');
  ipam.done();
  fields.idle('Ingress', 'EnableIPv6', 'Options', 'ConfigOnly', 'ConfigFrom');
  fields.done();
  asking.recordFree();
  const id = Buffer.from(scope.random.bytes(32)).toString('hex');
  const createdAt = new Date(scope.clock.now()).toISOString();
  names.addNetwork({ id, name, labels, internal, createdAt, real: undefined });
  return json({ Id: id, Warning: '' }, 201);
}

/** The kinds that a container may come into it as, the widest first. */
export function waysInto({ real, internal }: NamedNetwork): readonly Exclude<DockerNetwork, 'none'>[] {
  if (real !== undefined) return [real.kind];
  return internal ? ['run'] : ['bridge', 'run'];
}

/** The daemon's name of it, which is made now unless another container is in it already. */
export async function daemonName(
  { session, scope }: SocketContext,
  network: NamedNetwork,
  kind: Exclude<DockerNetwork, 'none'>,
): Promise<string> {
  if (network.real === undefined) {
    if (kind === 'run' && !network.internal) {
      scope.log('log', `docker: the network \`${network.name}\` has no way out, as its containers are granted none\n`);
    }
    const name = session.newNetwork(kind, scope);
    network.real = { kind, name };
    name.catch(() => {
      network.real = undefined;
    });
  }
  return network.real.name;
}

async function removeNetwork(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const { names, asking, session } = context;
  const network = names.network(param(request));
  asking.recordFree();
  const { real } = network;
  if (real !== undefined && !(await remove(session.daemon.engine, `/networks/${await real.name}`))) {
    throw new Refusal(403, `error while removing network: network ${network.name} has active endpoints`);
  }
  names.networks.delete(network.name);
  return { kind: 'empty', status: 204 };
}

async function connect(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const { names, asking, session } = context;
  const network = names.network(param(request));
  const fields = new Fields(request.json, '');
  const container = names.container(fields.text('Container'));
  const aliases = readEndpoint(fields.take('EndpointConfig'));
  fields.done();
  const [first = 'run', ...others] = waysInto(network);
  const under = (kind: DockerNetwork) => ({ ...container.args, network: kind });
  const { args } = asking.first('start', [under(first), ...others.map(under)]);
  const name = await daemonName(context, network, args.network === 'bridge' ? 'bridge' : 'run');
  // A container without network is of no network until it leaves that.
  if (container.record.uses.network === 'none') {
    throw denied('a container without network is connected to one', 'Make it in that network.');
  }
  const called = [...new Set([...aliases, ...(container.name.length <= 63 ? [container.name] : [])])];
  const letNamesGo = session.names.take(name, called, container.record.plugin);
  // Until it is removed: it may be connected again.
  container.record.gone.signal.addEventListener('abort', letNamesGo);
  await session.daemon.engine.ask({
    method: 'POST',
    path: `/networks/${name}/connect`,
    json: { Container: container.record.id, EndpointConfig: { Aliases: called } },
  });
  if (container.args.network !== 'bridge') container.args = args;
  return { kind: 'empty', status: 200 };
}

async function disconnect({ names, asking, session }: SocketContext, request: SocketRequest): Promise<Reply> {
  const network = names.network(param(request));
  const fields = new Fields(request.json, '');
  const container = names.container(fields.text('Container'));
  const force = fields.flag('Force');
  fields.done();
  asking.requireContainer(container);
  if (network.real === undefined) throw new Refusal(404, `container ${container.name} is not in ${network.name}`);
  await session.daemon.engine.ask({
    method: 'POST',
    path: `/networks/${await network.real.name}/disconnect`,
    json: { Container: container.record.id, Force: force },
  });
  return { kind: 'empty', status: 200 };
}

async function list({ names }: SocketContext, { query }: SocketRequest): Promise<Reply> {
  const filters = readFilters(query.get('filters'), ['name', 'id', 'label', 'driver', 'type', 'scope']);
  const found = [...names.networks.values()].filter(
    ({ name, id, labels }) =>
      filters.matches('name', (wanted) => name.includes(wanted)) &&
      filters.matches('id', (wanted) => id.startsWith(wanted)) &&
      filters.matches('driver', (wanted) => wanted === 'bridge') &&
      filters.matches('scope', (wanted) => wanted === 'local') &&
      filters.matches('type', (wanted) => wanted === 'custom') &&
      matchesLabels(filters, labels),
  );
  return json(found.map(shown));
}

function shown({ id, name, labels, internal, createdAt }: NamedNetwork): JsonObject {
  const nothing: Json = {};
  return {
    Name: name,
    Id: id,
    Created: createdAt,
    Scope: 'local',
    Driver: 'bridge',
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: [] },
    Internal: internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: nothing,
    Options: nothing,
    Labels: { ...labels },
  };
}
