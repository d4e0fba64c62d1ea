import { isJsonObject, type Json, type JsonObject } from '../../../../schemas/index.ts';
import { agentLabel } from '../labels.ts';
import { labelsOf, listOf, objectOf, textOf } from '../wire/answers.ts';
import type { SocketContext } from './asking.ts';
import { matchesLabels, readFilters } from './filters.ts';
import type { NamedContainer, NamedNetwork } from './names.ts';
import { forms, isOn, json, param, type Reply, type Route, type SocketRequest } from './route.ts';

/** What the containers of these sockets look like to their clients: under the clients' own names, without paths of the machine. */
export const viewRoutes: readonly Route[] = [
  {
    kind: 'answer',
    method: 'GET',
    path: /^\/containers\/json$/u,
    query: { all: forms.flag, limit: forms.number, size: forms.off, trunc_cmd: forms.flag, filters: forms.filters },
    body: 'none',
    answer: list,
  },
  {
    kind: 'answer',
    method: 'GET',
    path: /^\/containers\/([A-Za-z0-9][A-Za-z0-9_.-]{0,127})\/json$/u,
    query: { size: forms.off },
    body: 'none',
    answer: inspect,
  },
];

const ownLabelPrefix = agentLabel.slice(0, agentLabel.lastIndexOf('.') + 1);

/** The client's labels over those of the image; the agent's own aren't shown. */
function labelsFor({ labels }: NamedContainer, found: Json | undefined): JsonObject {
  const ofDaemon = Object.entries(labelsOf(found)).filter(([key]) => !key.startsWith(ownLabelPrefix));
  return { ...Object.fromEntries(ofDaemon), ...labels };
}

function pick(from: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(from, key) ? [[key, from[key] ?? null]] : [])));
}

/** Which of the daemon's networks is which of the client's. */
async function networksByName({ names }: SocketContext): Promise<ReadonlyMap<string, NamedNetwork>> {
  const found = new Map<string, NamedNetwork>();
  for (const network of names.networks.values()) {
    const name = await network.real?.name.catch(() => undefined);
    if (name !== undefined) found.set(name, network);
  }
  return found;
}

async function networksOf(context: SocketContext, settings: Json | undefined): Promise<JsonObject> {
  const known = await networksByName(context);
  const networks = isJsonObject(settings) ? settings['Networks'] : undefined;
  const shown: Record<string, JsonObject> = {};
  for (const [name, endpoint] of Object.entries(isJsonObject(networks) ? networks : {})) {
    const network = known.get(name);
    if (!isJsonObject(endpoint)) continue;
    shown[network?.name ?? (name === 'none' ? 'none' : 'bridge')] = {
      ...pick(endpoint, ['Aliases', 'Gateway', 'IPAddress', 'IPPrefixLen', 'MacAddress']),
      IPAMConfig: null,
      Links: null,
      NetworkID: network?.id ?? '',
      EndpointID: '',
    };
  }
  return shown;
}

/** Where each mount is, and what the client called it. */
function mountsOf({ args }: NamedContainer, workspace: string): Json[] {
  return (args.mounts ?? []).map((mount) => {
    const place = { Destination: mount.target, Mode: '', RW: mount.access === 'write', Propagation: '' };
    if ('volume' in mount) return { Type: 'volume', Name: mount.volume, Source: '', Driver: 'local', ...place };
    return { Type: 'bind', Source: mount.path === '.' ? workspace : `${workspace}/${mount.path}`, ...place };
  });
}

function networkNameOf({ args }: NamedContainer, networks: JsonObject): string {
  return Object.keys(networks)[0] ?? args.network ?? 'none';
}

/** How it is. What its health check printed is as good as its log, which `logs` is granted for. */
function stateOf(found: Json | undefined): JsonObject {
  const state = objectOf(found, 'state');
  const { Health: health } = state;
  if (!isJsonObject(health)) return state;
  return { ...state, Health: { ...pick(health, ['Status', 'FailingStreak']), Log: [] } };
}

async function inspect(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const container = context.names.container(param(request));
  context.asking.requireContainer(container);
  const path = `/containers/${container.record.id}/json`;
  const found = objectOf(await context.session.daemon.engine.ask({ method: 'GET', path }), 'container');
  const config = objectOf(found['Config'], 'config');
  const host = objectOf(found['HostConfig'], 'config');
  const settings = found['NetworkSettings'];
  const networks = await networksOf(context, settings);
  const [workspace = ''] = context.workspaces;
  return json({
    ...pick(found, ['Id', 'Created', 'Path', 'Args', 'Image', 'RestartCount', 'Platform']),
    State: stateOf(found['State']),
    Name: `/${container.name}`,
    Driver: '',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    ResolvConfPath: '',
    HostnamePath: '',
    HostsPath: '',
    LogPath: '',
    GraphDriver: { Name: '', Data: null },
    Config: {
      ...pick(config, ['Hostname', 'Domainname', 'User', 'AttachStdin', 'AttachStdout', 'AttachStderr', 'Tty']),
      ...pick(config, ['OpenStdin', 'StdinOnce', 'Env', 'Cmd', 'Volumes', 'WorkingDir', 'Entrypoint', 'ExposedPorts']),
      Image: container.image,
      Labels: labelsFor(container, config['Labels']),
    },
    HostConfig: {
      ...pick(host, ['Memory', 'MemorySwap', 'NanoCpus', 'PidsLimit', 'RestartPolicy', 'PortBindings', 'CapDrop']),
      ...pick(host, ['ReadonlyRootfs', 'LogConfig', 'SecurityOpt', 'Privileged', 'Init', 'IpcMode']),
      NetworkMode: networkNameOf(container, networks),
      AutoRemove: container.removal === 'by itself',
      Binds: null,
      VolumesFrom: null,
      Links: null,
    },
    Mounts: mountsOf(container, workspace),
    NetworkSettings: {
      ...pick(isJsonObject(settings) ? settings : {}, ['Ports', 'IPAddress', 'Gateway', 'MacAddress']),
      Networks: networks,
    },
  });
}

async function list(context: SocketContext, { query }: SocketRequest): Promise<Reply> {
  const { names, session, asking } = context;
  const filters = readFilters(query.get('filters'), ['label', 'status', 'id', 'name']);
  const labelled = JSON.stringify({ label: [agentLabel] });
  const all = await session.daemon.engine.ask({
    method: 'GET',
    path: '/containers/json',
    query: { all: '1', filters: labelled },
  });
  const limit = Number(query.get('limit') ?? 0);
  const takesAll = isOn(query, 'all') || limit > 0 || filters.values('status').length > 0;
  const [workspace = ''] = context.workspaces;
  const shown: JsonObject[] = [];
  for (const found of listOf(all, 'containers')) {
    const id = textOf(found['Id'], 'id');
    const container = names.containers.get(id);
    if (container === undefined) continue;
    const state = textOf(found['State'], 'state');
    const labels = labelsFor(container, found['Labels']);
    const isWanted =
      (takesAll || state === 'running') &&
      filters.matches('status', (wanted) => wanted === state) &&
      filters.matches('id', (wanted) => id.startsWith(wanted)) &&
      filters.matches('name', (wanted) => container.name.includes(wanted.replace(/^[/^]+|\$$/gu, ''))) &&
      matchesLabels(filters, labelsOf(labels));
    if (!isWanted) continue;
    asking.requireContainer(container);
    const networks = await networksOf(context, found['NetworkSettings']);
    shown.push({
      ...pick(found, ['Id', 'ImageID', 'Command', 'Created', 'Ports', 'State', 'Status']),
      Names: [`/${container.name}`],
      Image: container.image,
      Labels: labels,
      HostConfig: { NetworkMode: networkNameOf(container, networks) },
      NetworkSettings: { Networks: networks },
      Mounts: mountsOf(container, workspace),
    });
  }
  return json(limit > 0 ? shown.slice(0, limit) : shown);
}
