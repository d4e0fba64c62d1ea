import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { tryCredentials } from '../credentials.ts';
import { loginDemands } from '../demands-of-calls.ts';
import { require, requireImageName } from '../image.ts';
import type { ImageName } from '../image-name.ts';
import { formatImageName } from '../image-name.ts';
import { listOf, objectOf } from '../wire/answers.ts';
import type { SocketContext } from './asking.ts';
import { Fields } from './fields.ts';
import { readFilters } from './filters.ts';
import { denied, missing } from './refusal.ts';
import { forms, json, param, type Reply, type Route, type SocketRequest } from './route.ts';

const name = '([A-Za-z0-9][A-Za-z0-9_.:@/+-]{0,400})';
const reference = /^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,400}$/u;
const tagForm = /^[A-Za-z0-9_.:-]{0,200}$/u;

/** Images that the grant names, and logins at their registries. */
export const imageRoutes: readonly Route[] = [
  {
    kind: 'answer',
    method: 'GET',
    path: /^\/images\/json$/u,
    query: {
      all: forms.flag,
      digests: forms.flag,
      filters: forms.filters,
      only_ids: forms.off,
      'shared-size': forms.off,
      manifests: forms.off,
    },
    body: 'none',
    answer: list,
  },
  {
    kind: 'answer',
    method: 'GET',
    path: new RegExp(`^/images/${name}/json$`, 'u'),
    query: { manifests: forms.off },
    body: 'none',
    answer: inspect,
  },
  {
    kind: 'answer',
    method: 'POST',
    path: /^\/images\/create$/u,
    query: { fromImage: reference, tag: tagForm, platform: /^$/u },
    body: 'none',
    answer: pull,
  },
  {
    kind: 'answer',
    method: 'POST',
    path: new RegExp(`^/images/${name}/push$`, 'u'),
    query: { tag: tagForm, platform: /^$/u },
    body: 'none',
    answer: push,
  },
  {
    kind: 'answer',
    method: 'POST',
    path: new RegExp(`^/images/${name}/tag$`, 'u'),
    query: { repo: reference, tag: tagForm, force: forms.flag },
    body: 'none',
    answer: tag,
  },
  { kind: 'answer', method: 'POST', path: /^\/auth$/u, query: {}, body: 'json', answer: login },
];

/** A repository and a tag or digest, apart in the query. */
function joined(repository: string, version: string): string {
  if (version === '') return repository;
  return `${repository}${version.includes(':') ? '@' : ':'}${version}`;
}

function namesAmong({ asking }: SocketContext, values: Json | undefined): readonly string[] {
  return Array.isArray(values)
    ? values.filter((value): value is string => typeof value === 'string' && asking.knowsName(value))
    : [];
}

async function list(context: SocketContext, { query }: SocketRequest): Promise<Reply> {
  const filters = readFilters(query.get('filters'), ['reference']);
  const wanted = filters.values('reference').map((text) => formatImageName(requireImageName(text)));
  const found = await context.session.daemon.engine.ask({ method: 'GET', path: '/images/json' });
  const shown = listOf(found, 'images').flatMap((image): JsonObject[] => {
    const tags = namesAmong(context, image['RepoTags']).filter(
      (text) => wanted.length === 0 || wanted.includes(formatImageName(requireImageName(text))),
    );
    if (tags.length === 0) return [];
    return [{ ...image, RepoTags: tags, RepoDigests: namesAmong(context, image['RepoDigests']), ParentId: '' }];
  });
  return json(shown);
}

async function inspect(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const given = param(request);
  const isId = /^(?:sha256:)?[0-9a-f]{12,64}$/u.test(given);
  if (!isId && !context.asking.knowsName(given)) {
    // Which images there are is not told.
    throw denied(`nothing is granted with the image \`${given.slice(0, 200)}\``, 'Grant docker what it needs of it.');
  }
  const path = `/images/${isId ? given : formatImageName(requireImageName(given))}/json`;
  const found = objectOf(await context.session.daemon.engine.ask({ method: 'GET', path }), 'image');
  const tags = namesAmong(context, found['RepoTags']);
  const digests = namesAmong(context, found['RepoDigests']);
  const isOurs = [...context.names.containers.values()].some(({ record }) => record.image_id === found['Id']);
  if (isId && !isOurs && tags.length === 0 && digests.length === 0) throw missing('image', given);
  const { GraphDriver: _driver, ...rest } = found;
  return json({ ...rest, RepoTags: [...tags], RepoDigests: [...digests] });
}

async function pull(
  { asking, scope, session, machinery, over }: SocketContext,
  { query }: SocketRequest,
): Promise<Reply> {
  const text = joined(query.get('fromImage') ?? '', query.get('tag') ?? '');
  const image = requireImageName(text);
  const { effective } = asking.require('pull', { image: text });
  const { registry, repository, version } = image;
  const source = await session.daemon.engine.stream({
    method: 'POST',
    path: '/images/create',
    query: {
      fromImage: `${registry}/${repository}`,
      tag: version.kind === 'tag' ? version.tag : version.digest,
    },
    headers: machinery.logins.headers(scope, registry),
    timeout_ms: effective.limits.time_ms,
    signal: AbortSignal.any([over, AbortSignal.timeout(effective.limits.time_ms)]),
  });
  return { kind: 'stream', type: 'application/json', source };
}

async function push(
  { asking, scope, session, machinery, over }: SocketContext,
  request: SocketRequest,
): Promise<Reply> {
  const text = joined(param(request), request.query.get('tag') ?? '');
  const image = requireImageName(text);
  const { effective } = asking.require('push', { image: text });
  const { registry, repository, version } = image;
  if (version.kind === 'digest') throw denied('an image is pushed by its digest', 'Push it by a tag.');
  const source = await session.daemon.engine.stream({
    method: 'POST',
    path: `/images/${registry}/${repository}/push`,
    query: { tag: version.tag },
    headers: machinery.logins.headers(scope, registry),
    timeout_ms: effective.limits.time_ms,
    signal: AbortSignal.any([over, AbortSignal.timeout(effective.limits.time_ms)]),
  });
  return { kind: 'stream', type: 'application/json', source };
}

/** A name for an image is as much as building it from that image. */
async function tag({ asking, session }: SocketContext, request: SocketRequest): Promise<Reply> {
  const text = joined(request.query.get('repo') ?? '', request.query.get('tag') ?? '');
  const target = requireImageName(text);
  const source: ImageName = requireImageName(param(request));
  if (target.version.kind === 'digest') throw denied('a digest is given as a tag', 'Name a tag.');
  const authorized = asking.require('build', { tag: text });
  require(authorized, { kind: 'base', image: source });
  await session.daemon.engine.ask({
    method: 'POST',
    path: `/images/${formatImageName(source)}/tag`,
    query: { repo: `${target.registry}/${target.repository}`, tag: target.version.tag },
  });
  return { kind: 'empty', status: 201 };
}

/** Docker Hub by the address of its index. */
const hub = /^(?:|https:\/\/index\.docker\.io\/v1\/?)$/u;

async function login(
  { asking, scope, session, machinery, over }: SocketContext,
  request: SocketRequest,
): Promise<Reply> {
  const fields = new Fields(request.json, '');
  const username = fields.text('username');
  const password = fields.text('password');
  const address = fields.text('serveraddress');
  fields.idle('email', 'auth', 'identitytoken', 'registrytoken');
  fields.done();
  const given = hub.test(address) ? 'docker.io' : address.replace(/^https:\/\//u, '').replace(/\/$/u, '');
  const args = { registry: given, username, password };
  asking.require('login', args);
  const [demand] = loginDemands(args);
  const registry = demand?.kind === 'registry' ? demand.registry : given;
  const credentials = { username, password };
  await tryCredentials(session.daemon.engine, { registry, credentials, signal: over });
  machinery.logins.keep(scope, registry, credentials);
  return json({ Status: 'Login Succeeded', IdentityToken: '' });
}
