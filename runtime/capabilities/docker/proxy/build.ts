import { Readable } from 'node:stream';
import { isJsonObject, type Json, type JsonObject } from '../../../../schemas/index.ts';
import { planBuild, writeDockerfile } from '../build/stages.ts';
import type { BuildArgs } from '../call.ts';
import { requireImageName } from '../image.ts';
import { formatImageName } from '../image-name.ts';
import { buildLabel, isOwnLabel, makeName } from '../labels.ts';
import { queryOf, requireBases, requireTarget } from '../operations/build.ts';
import type { DockerCallContext } from '../operations/machinery.ts';
import { messagesOf } from '../wire/progress.ts';
import type { SocketContext } from './asking.ts';
import { spoolContext } from './context-archive.ts';
import { holdsNothing } from './fields.ts';
import { readJsonBody } from './json.ts';
import { denied, malformed } from './refusal.ts';
import { forms, isOn, type Reply, type Route, type SocketRequest } from './route.ts';

/** Says nothing, whatever type it has. */
const idle = /^(?:|0|false|False|null|\{\}|\[\])$/u;
/** Read further on. */
const jsonText = /^[\s\S]{0,16000}$/u;

const idleKeys = (
  'remote session platform squash pull outputs extrahosts securityopt ulimits cachefrom ' +
  'cgroupparent isolation shmsize memory memswap cpushares cpuperiod cpuquota cpusetcpus ' +
  'cpusetmems buildid q'
).split(' ');

/** `docker build` by the classic builder: from a context that the client sends, upon images that are granted. */
export const buildRoutes: readonly Route[] = [
  {
    kind: 'answer',
    method: 'POST',
    path: /^\/build$/u,
    query: {
      ...Object.fromEntries(idleKeys.map((key) => [key, idle])),
      t: /^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,400}$/u,
      dockerfile: /^[^\0]{1,1000}$/u,
      buildargs: jsonText,
      labels: jsonText,
      target: /^[A-Za-z0-9_.-]{0,128}$/u,
      networkmode: /^(?:|default|none|bridge)$/u,
      nocache: forms.flag,
      rm: forms.flag,
      forcerm: forms.flag,
      version: /^(?:|1)$/u,
    },
    body: 'stream',
    answer: build,
  },
];

function argsOf({ query }: SocketRequest): BuildArgs {
  const tag = query.get('t');
  if (tag === undefined) throw denied('what is built gets no name', 'Name it by `-t`: the grant is for names.');
  const target = query.get('target') ?? '';
  const given = Object.entries(readPairs('buildargs', query.get('buildargs')));
  return {
    tag,
    dockerfile: query.get('dockerfile') ?? 'Dockerfile',
    ...(given.length === 0 ? {} : { args: Object.fromEntries(given) }),
    ...(target === '' ? {} : { target }),
  };
}

/** An argument that is null takes its value from the client's environment, which has none. */
function readPairs(name: string, text: string | undefined): Readonly<Record<string, string>> {
  const found = text === undefined || holdsNothing(text) || text === 'null' ? {} : readJsonBody(Buffer.from(text));
  const pairs: Record<string, string> = {};
  for (const [key, value] of Object.entries(found)) {
    if (value === null) continue;
    if (typeof value !== 'string') throw malformed(`\`${name}\` holds something else than texts`);
    pairs[key] = value;
  }
  return pairs;
}

/** What compose marks images with; the agent's own marks are none of a client's. */
function labelsOf({ query }: SocketRequest): Readonly<Record<string, string>> {
  const labels = readPairs('labels', query.get('labels'));
  const own = Object.keys(labels).find(isOwnLabel);
  if (own !== undefined) throw denied(`what is built gets the label \`${own.slice(0, 100)}\``, 'Leave it out.');
  return labels;
}

async function build(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const { asking, scope, session, machinery, over } = context;
  const args = argsOf(request);
  const labels = labelsOf(request);
  const mode = request.query.get('networkmode') ?? '';
  const under = (network: 'none' | 'run' | 'bridge'): BuildArgs => ({ ...args, network });
  const authorized =
    mode === 'none' || mode === 'bridge'
      ? asking.require('build', under(mode))
      : asking.first('build', [under('bridge'), under('run'), under('none')]);
  const call: DockerCallContext<BuildArgs> = { authorized, args: authorized.args, scope, session, machinery };
  const tag = requireImageName(args.tag);
  if (tag.version.kind === 'digest') throw denied('what is built is named by a digest', 'Name a tag.');
  const archive = await spoolContext(request.incoming, scope);
  try {
    const path = args.dockerfile ?? 'Dockerfile';
    const text = await archive.text(path);
    if (text === undefined) throw malformed(`the context has no \`${path}\``);
    const planned = planBuild(text, args.args ?? {});
    if ('problem' in planned) {
      throw denied(
        `${path}, line ${planned.line}: ${planned.problem}`,
        planned.remedy,
        'docker build: the daemon fetches nothing by itself',
      );
    }
    requireTarget(args.target, planned.plan);
    const bases = await requireBases(call, planned.plan);
    const ids = new Map([...bases].map(([stage, { id }]) => [stage, id]));
    const dockerfile = writeDockerfile(planned.plan, ids, { key: buildLabel, value: session.buildMark });
    const name = `.${makeName(scope.random)}.dockerfile`;
    const own = { [name]: dockerfile, '.dockerignore': `${name}\n.dockerignore\n` };
    const timeoutMs = authorized.effective.limits.time_ms;
    const reaper = await session.daemon.reaper();
    // Of the daemon's own containers and images it can't tell the names, only that they may come.
    reaper.announce(name);
    const messages = await session.daemon.engine
      .stream({
        method: 'POST',
        path: '/build',
        query: {
          ...(await queryOf(call, name)),
          ...(isOn(request.query, 'nocache') ? { nocache: '1' } : {}),
          ...(Object.keys(labels).length === 0 ? {} : { labels: JSON.stringify(labels) }),
        },
        archive: Readable.from(archive.repacked(own)),
        timeout_ms: timeoutMs,
        signal: AbortSignal.any([over, AbortSignal.timeout(timeoutMs)]),
      })
      .catch((cause: unknown) => {
        reaper.settle(name);
        throw cause;
      });
    const close = async (): Promise<void> => {
      reaper.settle(name);
      await archive[Symbol.asyncDispose]();
    };
    const source = Readable.from(followed(call, { messages, tag }));
    // Also where the client goes away before it has read anything.
    source.once('close', () => {
      messages.destroy();
      close().catch(() => undefined);
    });
    return { kind: 'stream', type: 'application/json', source };
  } catch (cause) {
    await archive[Symbol.asyncDispose]();
    throw cause;
  }
}

/** What the daemon says, line by line, and the name once there is an image. */
async function* followed(
  { session }: DockerCallContext<BuildArgs>,
  building: {
    readonly messages: Readable;
    readonly tag: ReturnType<typeof requireImageName>;
  },
): AsyncGenerator<string, void, undefined> {
  const { messages, tag } = building;
  try {
    let id: string | undefined;
    for await (const message of messagesOf(messages)) {
      yield `${JSON.stringify(message)}\r\n`;
      id = idOf(message) ?? id;
    }
    if (id === undefined) return;
    const { registry, repository, version } = tag;
    const name = version.kind === 'tag' ? version.tag : '';
    await session.daemon.engine.ask({
      method: 'POST',
      path: `/images/${id}/tag`,
      query: { repo: `${registry}/${repository}`, tag: name },
    });
    yield `${JSON.stringify({ stream: `Successfully tagged ${formatImageName(tag)}\n` })}\r\n`;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    yield `${JSON.stringify({ error: message, errorDetail: { message } })}\r\n`;
  }
}

function idOf({ aux }: JsonObject): string | undefined {
  const id: Json | undefined = aux !== undefined && isJsonObject(aux) ? aux['ID'] : undefined;
  return typeof id === 'string' && /^sha256:[0-9a-f]{64}$/u.test(id) ? id : undefined;
}
