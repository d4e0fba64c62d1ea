import type { JsonObject } from '../../../../schemas/index.ts';
import type { VolumeArgs } from '../call.ts';
import type { SocketContext } from './asking.ts';
import { Fields } from './fields.ts';
import { matchesLabels, readFilters } from './filters.ts';
import { volumeForm } from './mount-request.ts';
import type { NamedVolume } from './names.ts';
import { malformed, missing } from './refusal.ts';
import { forms, json, param, type Reply, type Route, type SocketRequest } from './route.ts';

const one = '([A-Za-z0-9][A-Za-z0-9_.-]{0,127})';

/** Volumes of the run. */
export const volumeRoutes: readonly Route[] = [
  {
    kind: 'answer',
    method: 'GET',
    path: /^\/volumes$/u,
    query: { filters: forms.filters },
    body: 'none',
    answer: list,
  },
  { kind: 'answer', method: 'POST', path: /^\/volumes\/create$/u, query: {}, body: 'json', answer: create },
  {
    kind: 'answer',
    method: 'GET',
    path: new RegExp(`^/volumes/${one}$`, 'u'),
    query: {},
    body: 'none',
    answer: async (context, request) => json(shown(find(context, param(request)))),
  },
  {
    kind: 'answer',
    method: 'DELETE',
    path: new RegExp(`^/volumes/${one}$`, 'u'),
    query: { force: forms.flag },
    body: 'none',
    answer: remove,
  },
];

const composeLabel = 'com.docker.compose.project';

function argsOf({ name, labels }: Pick<NamedVolume, 'name' | 'labels'>): VolumeArgs {
  return { name, ...(labels[composeLabel] === undefined ? {} : { under: 'compose' }) };
}

async function create({ asking, names, session, scope }: SocketContext, { json: body }: SocketRequest): Promise<Reply> {
  const fields = new Fields(body, '');
  const given = fields.text('Name');
  const remedy = 'Volumes of a run have the driver `local` and no options.';
  fields.oneOf('Driver', ['local'], remedy);
  fields.oneOf('DriverOpts', [], remedy);
  fields.idle('ClusterVolumeSpec');
  const labels = fields.pairs('Labels');
  fields.done();
  const name = given === '' ? `anonymous-${Buffer.from(scope.random.bytes(12)).toString('hex')}` : given;
  if (!volumeForm.test(name)) {
    throw malformed(
      `\`${name.slice(0, 100)}\` can't be the name of a volume: lower-case letters, digits, \`.\`, \`_\`, \`-\``,
    );
  }
  asking.require('create_volume', argsOf({ name, labels }));
  await session.volume(name, scope);
  const known = names.volumes.get(name);
  if (known !== undefined) return json(shown(known), 201);
  const volume: NamedVolume = { name, labels, createdAt: new Date(scope.clock.now()).toISOString() };
  names.volumes.set(name, volume);
  return json(shown(volume), 201);
}

function find({ names }: SocketContext, name: string): NamedVolume {
  const found = names.volumes.get(name);
  if (found === undefined) throw missing('volume', name);
  return found;
}

async function remove(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const volume = find(context, param(request));
  context.asking.require('remove_volume', argsOf(volume));
  await context.session.removeVolume(volume.name);
  context.names.volumes.delete(volume.name);
  return { kind: 'empty', status: 204 };
}

async function list({ names }: SocketContext, { query }: SocketRequest): Promise<Reply> {
  const filters = readFilters(query.get('filters'), ['name', 'label', 'driver']);
  const found = [...names.volumes.values()].filter(
    ({ name, labels }) =>
      filters.matches('name', (wanted) => name.includes(wanted)) &&
      filters.matches('driver', (wanted) => wanted === 'local') &&
      matchesLabels(filters, labels),
  );
  return json({ Volumes: found.map(shown), Warnings: null });
}

/** Where it lies on the machine is nobody's business. */
function shown({ name, labels, createdAt }: NamedVolume): JsonObject {
  return {
    Name: name,
    Driver: 'local',
    Mountpoint: '',
    CreatedAt: createdAt,
    Labels: { ...labels },
    Scope: 'local',
    Options: null,
  };
}
