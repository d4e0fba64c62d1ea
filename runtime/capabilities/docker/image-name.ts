/** What an image is called, in full: nothing of it is left for a daemon to fill in. */
export interface ImageName {
  /** `docker.io`, `registry.example.com:5000`. */
  readonly registry: string;
  /** `library/alpine`. */
  readonly repository: string;
  readonly version: ImageVersion;
}

/** A tag may mean another image tomorrow; a digest is that image. */
export type ImageVersion =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'digest'; readonly digest: string };

/** How a name should be. */
export const imageNameRemedy = 'Name it as `registry/name:tag` or `registry/name@sha256:…`.';

/** The longest name that a registry takes, without tag and digest. */
const maxNameLength = 255;

const registryForm =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/u;
const segmentForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/u;
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/u;
const digestForm = /^sha256:[0-9a-f]{64}$/u;

/** Where Docker Hub answers beside `docker.io`: one registry, whatever it is called. */
const hubNames: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'];

/** The registry under the one name that it has here: each of Docker Hub's is `docker.io`. */
export function canonicalRegistry(registry: string): string {
  return hubNames.includes(withoutDefaultPort(registry)) ? 'docker.io' : registry;
}

/** The registry without the port that goes without saying. To a daemon the two are names of different images, at the same place. */
export function withoutDefaultPort(registry: string): string {
  return registry.replace(/:0*443$/u, '');
}

/** The parts of a name as text, the registry and the tag filled in; they may hold `*` still. */
export interface NameParts {
  readonly registry: string;
  readonly segments: readonly string[];
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/**
 * Takes a reference apart as Docker does (github.com/distribution/reference): what comes before the first slash is a registry if it
 * has a dot or a colon or is `localhost`; `docker.io` goes without saying, and so does its `library/`.
 */
export function splitName(text: string): NameParts {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const isRegistry = slash >= 0 && (/[.:]/u.test(first) || first === 'localhost');
  const rest = isRegistry ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const path = (colon < 0 ? rest : rest.slice(0, colon)).split('/');
  const registry = isRegistry ? canonicalRegistry(first) : 'docker.io';
  return {
    registry,
    segments: registry === 'docker.io' && path.length === 1 ? ['library', ...path] : path,
    tag,
    digest,
  };
}

/** What is wrong with the registry and the path; `form` is for one segment of the path. */
export function problemOfPlace(
  { registry, segments }: Pick<NameParts, 'registry' | 'segments'>,
  form: RegExp = segmentForm,
): string | undefined {
  if (!registryForm.test(registry)) return `\`${registry}\` is not a registry`;
  const wrong = segments.find((segment) => !form.test(segment));
  if (wrong !== undefined) return `\`${wrong}\` can't be a part of an image's name`;
  return registry.length + segments.join('/').length + 1 > maxNameLength ? 'the name is too long' : undefined;
}

/** Whether the text is a tag. */
export function isTag(text: string): boolean {
  return tagForm.test(text);
}

/** Whether the text is a SHA-256 digest as registries write it. */
export function isDigest(text: string): boolean {
  return digestForm.test(text);
}

/**
 * Reads the name of one image. Without a tag it is `latest`, as everywhere. A name with both a tag and a digest is the digest: a
 * daemon doesn't look at the tag then, so it says nothing.
 */
export function parseImageName(text: string): { readonly image: ImageName } | { readonly problem: string } {
  const parts = splitName(text);
  const problem = problemOfPlace(parts);
  if (problem !== undefined) return { problem: `\`${text}\`: ${problem}` };
  const { registry, tag = 'latest', digest } = parts;
  if (!isTag(tag)) return { problem: `\`${text}\`: \`${tag}\` is not a tag` };
  if (digest !== undefined && !isDigest(digest)) {
    return { problem: `\`${text}\`: \`${digest}\` is not a digest, \`sha256:\` and 64 lower-case hexadecimal digits` };
  }
  const version: ImageVersion = digest === undefined ? { kind: 'tag', tag } : { kind: 'digest', digest };
  return { image: { registry, repository: parts.segments.join('/'), version } };
}

/** The name in full, `docker.io/library/alpine:3`; a daemon takes this for nothing else, such as the beginning of an image's id. */
export function formatImageName({ registry, repository, version }: ImageName): string {
  return `${registry}/${repository}${version.kind === 'tag' ? `:${version.tag}` : `@${version.digest}`}`;
}
