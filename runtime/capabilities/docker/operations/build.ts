import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { CallFailure } from '../../capability.ts';
import { type OutputSink, openSink } from '../../exec/output.ts';
import { namesOf } from '../../fs/operation.ts';
import { type ContextSource, packContext, readContextText, readIgnore } from '../build/context.ts';
import { type BuildPlan, planBuild, problemOfTriggers, writeDockerfile } from '../build/stages.ts';
import type { BuildArgs } from '../call.ts';
import { requireUncancelled, within } from '../deadline.ts';
import { askedLimits, buildDemands } from '../demands-of-calls.ts';
import { findImage, type LocalImage, pullImage, require, requireImageName } from '../image.ts';
import { formatImageName } from '../image-name.ts';
import { buildLabel, makeName } from '../labels.ts';
import { messagesOf } from '../wire/progress.ts';
import { type DockerCallContext, type DockerHostCall, type DockerMachinery, dockerOperation } from './machinery.ts';

/** `docker.build`: an image from a folder of the workspace, by the classic builder. */
export function buildOperation(machinery: DockerMachinery): DockerHostCall<BuildArgs> {
  return dockerOperation('build', machinery, { image: ({ tag }) => tag, demands: buildDemands, perform: performBuild });
}

async function performBuild(call: DockerCallContext<BuildArgs>): Promise<Json> {
  const { authorized, args, scope, session } = call;
  const tag = requireImageName(args.tag);
  if (tag.version.kind === 'digest') throw invalid('what is built gets a tag, not a digest', 'Name it with a tag.');
  requireUncancelled(scope);
  const source: ContextSource = { asking: authorized, scope, folder: namesOf(args.context ?? '.') };
  const path = args.dockerfile ?? 'Dockerfile';
  const text = await readContextText(source, path);
  if (text === undefined) {
    throw new CallFailure('NOT_FOUND', `the context has no \`${path}\``, { remedy: 'Name it by `dockerfile`.' });
  }
  const planned = planBuild(text, args.args ?? {});
  if ('problem' in planned) {
    throw new CallFailure('DENIED', `${path}, line ${planned.line}: ${planned.problem}`, {
      rule: 'docker build: the daemon fetches nothing by itself',
      remedy: planned.remedy,
    });
  }
  const { plan } = planned;
  requireTarget(args.target, plan);
  const bases = await requireBases(call, plan);
  const ids = new Map([...bases].map(([stage, { id }]) => [stage, id]));
  const dockerfile = writeDockerfile(plan, ids, { key: buildLabel, value: session.buildMark });
  scope.audit.note({
    tag: formatImageName(tag),
    network: args.network ?? 'none',
    bases: plan.stages.flatMap(({ base }, index) =>
      base.kind === 'image' ? [{ image: base.image, image_id: ids.get(index) ?? null }] : [],
    ),
  });
  const { id, bytes } = await build(call, { source, dockerfile });
  const { registry, repository, version } = tag;
  await session.daemon.engine.ask({
    method: 'POST',
    path: `/images/${id}/tag`,
    query: { repo: `${registry}/${repository}`, tag: version.tag },
  });
  scope.audit.note({ image_id: id, bytes });
  return { image: id };
}

/** Each image that is built upon, granted, there, and without triggers that would fetch anything. */
export async function requireBases(
  { authorized, args, scope, session, machinery }: DockerCallContext<BuildArgs>,
  { stages }: BuildPlan,
): Promise<ReadonlyMap<number, LocalImage>> {
  const { engine } = session.daemon;
  const bases = new Map<number, LocalImage>();
  for (const [index, { base }] of stages.entries()) {
    if (base.kind !== 'image') continue;
    const image = requireImageName(base.image);
    require(authorized, { kind: 'base', image });
    const context = { engine, logins: machinery.logins, scope, timeout_ms: timeoutOf(authorized, args) };
    const found = (await findImage(engine, formatImageName(image))) ?? (await pullImage(image, context));
    const problem = problemOfTriggers(found.triggers);
    if (problem !== undefined) {
      throw new CallFailure('DENIED', `\`${formatImageName(image)}\` begins builds with ${problem}`, {
        rule: 'docker build: the daemon fetches nothing by itself',
        remedy: 'Build upon another image.',
      });
    }
    bases.set(index, found);
  }
  return bases;
}

function timeoutOf({ effective }: DockerCallContext<BuildArgs>['authorized'], args: BuildArgs): number {
  return Math.min(effective.limits.time_ms, args.timeout_ms ?? effective.limits.time_ms);
}

/** Classic CPU quotas are of this period. */
const cpuPeriodUs = 100_000;

async function build(
  call: DockerCallContext<BuildArgs>,
  { source, dockerfile }: { readonly source: ContextSource; readonly dockerfile: string },
): Promise<{ readonly id: string; readonly bytes: number }> {
  const { authorized, scope, session } = call;
  const { engine } = session.daemon;
  const name = `.${makeName(scope.random)}.dockerfile`;
  const own = { [name]: dockerfile, '.dockerignore': `${name}\n.dockerignore\n` };
  const ignore = await readIgnore(source);
  const query = await queryOf(call, name);
  const reaper = await session.daemon.reaper();
  // Of the daemon's own containers and images it can't tell the names, only that they may come.
  reaper.announce(name);
  const log = openSink('log', { stream: 'stdout', max_bytes: undefined, asking: authorized, scope });
  try {
    return await within(scope, {
      doing: 'building',
      timeout_ms: timeoutOf(authorized, call.args),
      async act(signal) {
        const archive = pack();
        const packing = packContext(archive, source, { ignore, own });
        packing.catch((cause: unknown) => archive.destroy(cause instanceof Error ? cause : new Error(String(cause))));
        try {
          const building = follow(
            await engine.stream({
              method: 'POST',
              path: '/build',
              query,
              archive: Readable.from(archive),
              timeout_ms: timeoutOf(authorized, call.args),
              signal,
            }),
            log,
          );
          const [id, bytes] = await Promise.all([building, packing]);
          return { id, bytes };
        } catch (cause) {
          archive.destroy();
          // What couldn't be packed says more than the request that it ended.
          const failure = await packing.then(
            () => undefined,
            (why: unknown) => why,
          );
          throw failure instanceof CallFailure ? failure : cause;
        }
      },
    });
  } finally {
    reaper.settle(name);
  }
}

/** What the daemon is told of a build: all that decides what its containers may take and reach. */
export async function queryOf(
  { authorized, args, scope, session }: DockerCallContext<BuildArgs>,
  dockerfile: string,
): Promise<Record<string, string>> {
  const { limits } = authorized.effective;
  const asked = askedLimits(args.limits, undefined);
  const memory = Math.min(limits.memory_bytes, asked.memory_bytes ?? limits.memory_bytes);
  const cpus = Math.min(limits.cpu_millis, asked.cpu_millis ?? limits.cpu_millis, session.daemon.processors * 1000);
  const network = args.network ?? 'none';
  return {
    dockerfile,
    version: '1',
    rm: '1',
    forcerm: '1',
    networkmode: network === 'none' ? 'none' : await session.network(network, scope),
    memory: String(memory),
    memswap: String(memory),
    cpuperiod: String(cpuPeriodUs),
    cpuquota: String(Math.floor((cpus * cpuPeriodUs) / 1000)),
    buildargs: JSON.stringify(args.args ?? {}),
    ...(args.target === undefined ? {} : { target: args.target.toLowerCase() }),
  };
}

/** Logs what the build says; resolves to the id of the image. */
async function follow(messages: Readable, log: OutputSink): Promise<string> {
  let id: string | undefined;
  for await (const message of messagesOf(messages)) {
    const { stream } = message;
    if (typeof stream === 'string') await log.write(Buffer.from(stream));
    id = idOf(message) ?? id;
  }
  if (id === undefined) throw new CallFailure('FAILED', 'the daemon does not say which image it built');
  return id;
}

function idOf({ aux }: JsonObject): string | undefined {
  const id = typeof aux === 'object' && aux !== null && 'ID' in aux ? aux['ID'] : undefined;
  return typeof id === 'string' && /^sha256:[0-9a-f]{64}$/u.test(id) ? id : undefined;
}

/** Throws where no stage is called that. */
export function requireTarget(target: string | undefined, { stages }: BuildPlan): void {
  if (target === undefined || stages.some(({ name }) => name === target.toLowerCase())) return;
  throw invalid(`the Dockerfile has no stage \`${target}\``, 'Name one that `FROM … AS name` begins.');
}

function invalid(message: string, remedy: string): CallFailure {
  return new CallFailure('INVALID_ARGUMENTS', message, { remedy });
}
