import type { Authorized } from '../../../grants/api.ts';
import type { StartArgs } from '../call.ts';
import { makeContainer } from '../container.ts';
import { inspect, sendSignal, waitFor } from '../operations/run.ts';
import type { DockerEffective, DockerNetwork } from '../rule.ts';
import { EngineError } from '../wire/errors.ts';
import type { SocketContext } from './asking.ts';
import { type ContainerRequest, readContainerRequest } from './container-request.ts';
import type { NamedContainer } from './names.ts';
import { daemonName, waysInto } from './networks.ts';
import { denied, malformed, Refusal } from './refusal.ts';
import { forms, isOn, json, param, type Reply, type Route, type SocketRequest } from './route.ts';

const one = '([A-Za-z0-9][A-Za-z0-9_.-]{0,127})';
const nameForm = /^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$/u;

/** From making a container to removing it. */
export const containerRoutes: readonly Route[] = [
  {
    kind: 'answer',
    method: 'POST',
    path: /^\/containers\/create$/u,
    query: { name: forms.name, platform: /^$/u },
    body: 'json',
    answer: create,
  },
  at('start', { detachKeys: /^$/u, checkpoint: /^$/u, 'checkpoint-dir': /^$/u }, start),
  at('stop', { t: forms.number, signal: /^(?:|SIGTERM|15)$/u }, stop),
  at('kill', { signal: /^(?:SIG)?[A-Z0-9]{0,12}$/u }, kill),
  at('rename', { name: forms.name }, rename),
  at('wait', { condition: /^(?:|not-running|next-exit|removed)$/u }, wait),
  {
    kind: 'answer',
    method: 'DELETE',
    path: new RegExp(`^/containers/${one}$`, 'u'),
    query: { force: forms.flag, v: forms.flag, link: forms.off },
    body: 'none',
    answer: remove,
  },
];

function at(
  action: string,
  query: Route['query'],
  act: (context: SocketContext, container: NamedContainer, request: SocketRequest) => Promise<Reply>,
): Route {
  return {
    kind: 'answer',
    method: 'POST',
    path: new RegExp(`^/containers/${one}/${action}$`, 'u'),
    query,
    // Clients send an empty object with some of them.
    body: 'json',
    async answer(context, request) {
      const container = context.names.container(param(request));
      context.asking.requireContainer(container);
      if (Object.keys(request.json).length > 0) {
        throw denied(`\`${action}\` has a body`, 'Leave it out: how a container is, is said when it is made.');
      }
      return act(context, container, request);
    },
  };
}

async function create(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const { scope, session, machinery, names } = context;
  const hex = (length: number): string => Buffer.from(scope.random.bytes(length)).toString('hex');
  const name = request.query.get('name') ?? `container-${hex(6)}`;
  if (!nameForm.test(name)) throw malformed(`\`${name}\` can't be the name of a container`);
  const asked = readContainerRequest(request.json, {
    workspaces: context.workspaces,
    anonymousVolume: () => `anonymous-${hex(12)}`,
  });
  names.requireFree(name);
  const { authorized, joins } = await authorizeCreation(context, asked, name);
  const made = await makeContainer({
    authorized,
    scope,
    session,
    logins: machinery.logins,
    life: 'detached',
    stdin: asked.stdin,
    ...(joins === undefined ? {} : { joins }),
  });
  const container: NamedContainer = {
    record: made.record,
    name,
    labels: asked.labels,
    args: authorized.args,
    image: asked.args.image,
    removal: asked.removal,
    state: { stage: 'made', made },
  };
  try {
    names.requireFree(name);
  } catch (cause) {
    await discard(context, container);
    throw cause;
  }
  names.containers.set(made.record.id, container);
  context.unstarted.add(container);
  return json({ Id: made.record.id, Warnings: [] }, 201);
}

interface Creation {
  readonly authorized: Authorized<StartArgs, DockerEffective>;
  readonly joins: { readonly network: string; readonly aliases: readonly string[] } | undefined;
}

async function authorizeCreation(
  context: SocketContext,
  { args, network }: ContainerRequest,
  name: string,
): Promise<Creation> {
  const { asking, names } = context;
  const under = (kind: DockerNetwork): StartArgs => ({ ...args, network: kind });
  switch (network.kind) {
    case 'none':
      return { authorized: asking.require('start', under('none')), joins: undefined };
    case 'bridge':
      return { authorized: asking.require('start', under('bridge')), joins: undefined };
    case 'unsaid': {
      // Where nothing is said, it is what is granted; a port that nothing leads to is no use.
      const others = args.ports === undefined ? [under('run'), under('none')] : [];
      return { authorized: asking.first('start', [under('bridge'), ...others]), joins: undefined };
    }
    case 'named': {
      const found = names.network(network.name);
      const authorized = asking.first('start', waysInto(found).map(under) as [StartArgs, ...StartArgs[]]);
      const kind = authorized.args.network === 'bridge' ? 'bridge' : 'run';
      const aliases = [...new Set([...network.aliases, ...(name.length <= 63 ? [name] : [])])];
      return { authorized, joins: { network: await daemonName(context, found, kind), aliases } };
    }
    default:
      throw new TypeError('a network of no kind');
  }
}

async function start(context: SocketContext, container: NamedContainer): Promise<Reply> {
  const { session, machinery } = context;
  const { engine } = session.daemon;
  const { record, state, removal } = container;
  if (state.stage === 'started') return startAgain(context, container);
  const { made } = state;
  context.unstarted.delete(container);
  container.state = { stage: 'started' };
  try {
    const ending = removal === 'by itself' ? waitFor(engine, record, 'next-exit') : undefined;
    await ending?.begun;
    await made.start();
    void ending?.end.then(() => discard(context, container)).catch(() => undefined);
  } catch (cause) {
    await discard(context, container);
    made.letGo();
    throw cause;
  }
  // Rejects when it is removed before.
  void machinery.powers.pause(made.limits.time_ms, record.gone.signal).then(
    () => sendSignal(engine, record, 'SIGKILL').catch(() => undefined),
    () => undefined,
  );
  return { kind: 'empty', status: 204 };
}

/** What it mounts of the workspace is known to the daemon by a descriptor that isn't open any more. */
async function startAgain({ session }: SocketContext, { record }: NamedContainer): Promise<Reply> {
  const { engine } = session.daemon;
  if ((await inspect(engine, record)).status === 'running') return { kind: 'empty', status: 304 };
  if (record.mounts.length > 0) {
    throw denied('a container that mounts a folder of the workspace is started again', 'Make a new one.');
  }
  await engine.ask({ method: 'POST', path: `/containers/${record.id}/start` });
  return { kind: 'empty', status: 204 };
}

/** Containers get this long before SIGKILL, at most. */
const mostStopSeconds = 600;

async function stop({ session }: SocketContext, { record }: NamedContainer, { query }: SocketRequest): Promise<Reply> {
  const asked = Number(query.get('t') ?? 10);
  const seconds = asked < 0 ? mostStopSeconds : Math.min(asked, mostStopSeconds);
  try {
    await session.daemon.engine.ask({
      method: 'POST',
      path: `/containers/${record.id}/stop`,
      query: { t: String(seconds) },
      timeout_ms: (seconds + 60) * 1000,
    });
  } catch (cause) {
    // It doesn't run.
    if (cause instanceof EngineError && cause.status === 304) return { kind: 'empty', status: 304 };
    throw cause;
  }
  return { kind: 'empty', status: 204 };
}

async function kill({ session }: SocketContext, { record }: NamedContainer, { query }: SocketRequest): Promise<Reply> {
  const signal = query.get('signal') || 'SIGKILL';
  await session.daemon.engine.ask({ method: 'POST', path: `/containers/${record.id}/kill`, query: { signal } });
  return { kind: 'empty', status: 204 };
}

/** The client's own name of it, which the daemon never had; in networks it is called what it was called when it came into them. */
async function rename(
  { names, asking }: SocketContext,
  container: NamedContainer,
  request: SocketRequest,
): Promise<Reply> {
  const name = request.query.get('name') ?? '';
  if (!nameForm.test(name)) throw malformed(`\`${name}\` can't be the name of a container`);
  if (name !== container.name) names.requireFree(name);
  asking.recordFree();
  container.name = name;
  return { kind: 'empty', status: 204 };
}

async function wait(context: SocketContext, { record }: NamedContainer, { query }: SocketRequest): Promise<Reply> {
  const source = await context.session.daemon.engine.stream({
    method: 'POST',
    path: `/containers/${record.id}/wait`,
    query: { condition: query.get('condition') || 'not-running' },
    signal: context.over,
  });
  return { kind: 'stream', type: 'application/json', source };
}

async function remove(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const container = context.names.container(param(request));
  context.asking.requireContainer(container);
  const { status } = await inspect(context.session.daemon.engine, container.record);
  if (!isOn(request.query, 'force') && ['running', 'paused', 'restarting'].includes(status)) {
    throw new Refusal(
      409,
      `cannot remove container "/${container.name}": container is running: stop it before, or force`,
    );
  }
  await discard(context, container);
  return { kind: 'empty', status: 204 };
}

type DiscardContext = Pick<SocketContext, 'session' | 'names' | 'unstarted'>;

/** Removes a container, and lets go of what was held for its start. */
async function discard({ session, names, unstarted }: DiscardContext, container: NamedContainer): Promise<void> {
  const { state, record } = container;
  names.forget(container);
  unstarted.delete(container);
  await session.removeContainer(record);
  if (state.stage === 'made') state.made.letGo();
}

/** Those that were not started hold folders open, and nobody is left who would start them. */
export async function discardUnstarted(context: DiscardContext): Promise<void> {
  for (const container of context.unstarted) await discard(context, container).catch(() => undefined);
}
