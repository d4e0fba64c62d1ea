import type { JsonObject } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import type { Logins } from './credentials.ts';
import { within } from './deadline.ts';
import type { DockerDemand } from './demand.ts';
import { formatImageName, type ImageName, imageNameRemedy, parseImageName } from './image-name.ts';
import type { DockerEffective } from './rule.ts';
import { integerOf, objectOf, textOf } from './wire/answers.ts';
import type { Engine } from './wire/client.ts';
import { EngineError } from './wire/errors.ts';
import { messagesOf } from './wire/progress.ts';

/** An image that the daemon has. Its id is its content: whatever its name means later, this stays. */
export interface LocalImage {
  readonly id: string;
  readonly bytes: number;
  /** As registries know it; not of an image that never was at one. */
  readonly digests: readonly string[];
  /** Instructions that a build upon it begins with. */
  readonly triggers: readonly string[];
}

/** What getting an image takes. */
export interface ImageContext {
  readonly engine: Engine;
  readonly logins: Logins;
  readonly scope: CallScope;
  readonly timeout_ms: number;
}

/** The name in a call, or in what a client of the docker socket sends. */
export function requireImageName(text: string): ImageName {
  const parsed = parseImageName(text);
  if ('image' in parsed) return parsed.image;
  throw new CallFailure('INVALID_ARGUMENTS', `not an image: ${parsed.problem}`, {
    remedy: imageNameRemedy,
  });
}

const imageId = /^sha256:[0-9a-f]{64}$/u;

/** The image of that name, if the daemon has it. */
export async function findImage(engine: Engine, name: string): Promise<LocalImage | undefined> {
  try {
    // Of these characters none has a meaning in a URL's path but the slashes, which Docker reads as part of the name.
    const found = objectOf(await engine.ask({ method: 'GET', path: `/images/${name}/json` }), 'image');
    const id = textOf(found['Id'], 'image id');
    if (!imageId.test(id)) throw new EngineError(0, 'the daemon gave an image an id that is none');
    return {
      id,
      bytes: integerOf(found['Size'], 'size'),
      digests: textsOf(found['RepoDigests']),
      triggers: triggersOf(found),
    };
  } catch (cause) {
    if (cause instanceof EngineError && cause.status === 404) return undefined;
    throw cause;
  }
}

function triggersOf(image: JsonObject): readonly string[] {
  const config = image['Config'];
  return config === null || config === undefined ? [] : textsOf(objectOf(config, 'config')['OnBuild']);
}

function textsOf(value: JsonObject[string] | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The image, fetched where it is missing or always; fetching is asked about where authorize() could not know of it. */
export async function requireImage(
  image: ImageName,
  pull: 'missing' | 'always' | 'never',
  { asking, ...context }: ImageContext & { readonly asking: Pick<Authorized<unknown, DockerEffective>, 'recheck'> },
): Promise<LocalImage> {
  const found = pull === 'always' ? undefined : await findImage(context.engine, formatImageName(image));
  if (found !== undefined) return found;
  if (pull === 'never') {
    throw new CallFailure('NOT_FOUND', `the daemon has no image \`${formatImageName(image)}\``, {
      remedy: 'Pull or build it first, or leave `pull: never` out.',
    });
  }
  require(asking, { kind: 'image', operation: 'pull', image });
  context.scope.audit.note({ pulled: true });
  return pullImage(image, context);
}

/** What holds for this demand, by the rules that meet it; throws the denial where none does. */
export function require(
  asking: Pick<Authorized<unknown, DockerEffective>, 'recheck'>,
  demand: DockerDemand,
): DockerEffective {
  const answer = asking.recheck(demand);
  if (answer.kind === 'allowed') return answer.effective;
  const { message, rule, remedy } = answer.denial;
  throw new CallFailure('DENIED', message, { rule, remedy });
}

/** Fetches an image from its registry, and says so in the log. */
export async function pullImage(
  image: ImageName,
  { engine, logins, scope, timeout_ms }: ImageContext,
): Promise<LocalImage> {
  const { registry, repository, version } = image;
  const name = formatImageName(image);
  await within(scope, {
    doing: `pulling \`${name}\``,
    timeout_ms,
    async act(signal) {
      const messages = await engine.stream({
        method: 'POST',
        path: '/images/create',
        query: {
          fromImage: `${registry}/${repository}`,
          tag: version.kind === 'tag' ? version.tag : version.digest,
        },
        headers: logins.headers(scope, registry),
        timeout_ms,
        signal,
      });
      for await (const message of messagesOf(messages)) logStatus(message, scope);
    },
  });
  const found = await findImage(engine, name);
  if (found === undefined)
    throw new CallFailure('FAILED', `pulling \`${name}\`: the daemon has no such image after it`);
  return found;
}

/** Sends an image to its registry. Resolves to its digest there. */
export async function pushImage(
  image: ImageName,
  { engine, logins, scope, timeout_ms }: ImageContext,
): Promise<string | undefined> {
  const { registry, repository, version } = image;
  if (version.kind === 'digest') {
    throw new CallFailure('INVALID_ARGUMENTS', 'an image is pushed by a tag, not by its digest', {
      remedy: 'Name it with a tag.',
    });
  }
  let digest: string | undefined;
  await within(scope, {
    doing: `pushing \`${formatImageName(image)}\``,
    timeout_ms,
    async act(signal) {
      const messages = await engine.stream({
        method: 'POST',
        path: `/images/${registry}/${repository}/push`,
        query: { tag: version.tag },
        headers: logins.headers(scope, registry),
        timeout_ms,
        signal,
      });
      for await (const message of messagesOf(messages)) {
        logStatus(message, scope);
        const { aux } = message;
        if (typeof aux === 'object' && aux !== null && 'Digest' in aux) digest = textOf(aux['Digest'], 'digest');
      }
    },
  });
  return digest;
}

/** Of the progress bars of layers a log would be full. */
function logStatus(message: JsonObject, scope: CallScope): void {
  const { status, id, progressDetail } = message;
  if (typeof status === 'string' && id === undefined && progressDetail === undefined) scope.log('log', `${status}\n`);
}
