import { assertNever } from '../../../schemas/index.ts';
import { readQuoted } from '../quoted.ts';
import {
  formatImageName,
  type ImageName,
  isDigest,
  isTag,
  type NameParts,
  problemOfPlace,
  splitName,
  withoutDefaultPort,
} from './image-name.ts';

/** Which images an entry means. */
export type ImagePattern =
  | { readonly kind: 'any'; readonly text: string }
  | {
      readonly kind: 'named';
      /** The pattern in full. */
      readonly text: string;
      readonly registry: string;
      /** Each of a segment's texts between its `*`. */
      readonly segments: readonly Pieces[];
      readonly version: VersionPattern;
      readonly written: {
        /** False where neither tag nor digest is: then it allows `latest`, and as a deny rule forbids all. */
        readonly version: boolean;
        /** Whether the path is `*` alone: then it allows one segment, and as a deny rule forbids all of the registry. */
        readonly anyPath: boolean;
      };
    };

/** Texts with `*` between them: one is that text alone. */
type Pieces = readonly string[];

type VersionPattern =
  /** Written `:*`: any tag, any digest. */
  | { readonly kind: 'any' }
  | { readonly kind: 'tag'; readonly pieces: Pieces }
  | { readonly kind: 'digest'; readonly digest: string };

/** Stands for a `*` that an expression gave, which is then no image's name. */
const literalStar = '\uE002';

/**
 * Reads `name:tag` or `name@sha256:…`. `*` is any text within one segment of the path or within the tag, never in the registry; `:*` is
 * any tag and digest, and `*` alone any image. A value from an expression stands for itself in the place where it is.
 */
export function parseImagePattern(marked: string): { readonly pattern: ImagePattern } | { readonly problem: string } {
  const { text, quoted } = readQuoted(marked);
  const problem = (why: string): { readonly problem: string } => ({ problem: `\`${text}\`: ${why}` });
  if (marked === '*') return { pattern: { kind: 'any', text: 'any image' } };
  let literal = text;
  for (const { start, end } of quoted) {
    const value = text.slice(start, end);
    if (start > 0 || end < text.length) {
      if (/[/:@]/u.test(value)) return problem(`the value \`${value}\` is more than the part where it stands`);
      if (value === '') return problem('a value in it is empty');
      if (start < registryLength(text)) return problem('a value is part of the registry');
    }
    // The same length, so that the other ranges stay right.
    literal = literal.slice(0, start) + value.replaceAll('*', literalStar) + literal.slice(end);
  }
  const parts = splitName(literal);
  const wrong = problemOfParts(parts);
  if (wrong !== undefined) return problem(wrong);
  const { registry, segments, tag = 'latest', digest } = parts;
  const version = versionOf(tag, digest);
  const shown = digest === undefined ? `:${tag}` : `@${digest}`;
  return {
    pattern: {
      kind: 'named',
      text: `${registry}/${segments.join('/')}${shown}`,
      registry,
      segments: segments.map((segment) => segment.split('*')),
      version,
      written: {
        version: parts.tag !== undefined || digest !== undefined,
        anyPath: /^\*(?:[:@]|$)/u.test(
          registryLength(literal) === 0 ? literal : literal.slice(registryLength(literal) + 1),
        ),
      },
    },
  };
}

/** How many characters name the registry, where one is named. */
function registryLength(text: string): number {
  const slash = text.indexOf('/');
  if (slash < 0) return 0;
  const first = text.slice(0, slash);
  return /[.:]/u.test(first) || first === 'localhost' ? slash : 0;
}

const segmentPattern = /^(?!.*\*\*)[a-z0-9*](?:[a-z0-9._*-]*[a-z0-9*])?$/u;

function problemOfParts(parts: NameParts): string | undefined {
  const problem = problemOfPlace(parts, segmentPattern);
  if (problem !== undefined) return problem;
  const { tag, digest } = parts;
  if (tag !== undefined && (tag.includes('**') || !isTag(tag.replaceAll('*', 'x')))) return `\`${tag}\` is not a tag`;
  if (digest === undefined) return undefined;
  if (!isDigest(digest)) return `\`${digest}\` is not a digest, \`sha256:\` and 64 lower-case hexadecimal digits`;
  return tag === undefined ? undefined : 'a digest goes without a tag, which says nothing beside it';
}

function versionOf(tag: string, digest: string | undefined): VersionPattern {
  if (digest !== undefined) return { kind: 'digest', digest };
  return tag === '*' ? { kind: 'any' } : { kind: 'tag', pieces: tag.split('*') };
}

/** Whether the pattern means this image. A digest is met by that digest, or by `:*`; never by a tag, which it says nothing about. */
export function matchesImage(pattern: ImagePattern, image: ImageName): boolean {
  if (pattern.kind === 'any') return true;
  return pattern.registry === image.registry && matchesPath(pattern, image) && matchesVersion(pattern.version, image);
}

/**
 * Whether a deny rule's pattern takes this image: what the pattern leaves out stands for anything, and a registry is the same with and
 * without its port.
 */
export function deniesImage(pattern: ImagePattern, image: ImageName): boolean {
  if (pattern.kind === 'any') return true;
  const { written } = pattern;
  return (
    deniesRegistry(pattern, image.registry) &&
    (written.anyPath || matchesPath(pattern, image)) &&
    (!written.version || matchesVersion(pattern.version, image))
  );
}

type NamedPattern = Extract<ImagePattern, { readonly kind: 'named' }>;

function matchesPath(pattern: NamedPattern, image: ImageName): boolean {
  const segments = segmentsOf(image);
  return (
    segments.length === pattern.segments.length &&
    pattern.segments.every((pieces, index) => matchesPieces(pieces, segments[index] ?? ''))
  );
}

function matchesVersion(version: VersionPattern, image: ImageName): boolean {
  switch (version.kind) {
    case 'any':
      return true;
    case 'tag':
      return image.version.kind === 'tag' && matchesPieces(version.pieces, image.version.tag);
    case 'digest':
      return image.version.kind === 'digest' && image.version.digest === version.digest;
    default:
      return assertNever(version);
  }
}

const segments = new WeakMap<ImageName, readonly string[]>();

/** Cut once for all rules that are asked. */
function segmentsOf(image: ImageName): readonly string[] {
  const known = segments.get(image) ?? image.repository.split('/');
  segments.set(image, known);
  return known;
}

/** Whether some image that the pattern means lies at this registry. */
export function reachesRegistry(pattern: ImagePattern, registry: string): boolean {
  return pattern.kind === 'any' || pattern.registry === registry;
}

/** Whether some image that a deny rule's pattern takes lies at this registry. */
export function deniesRegistry(pattern: ImagePattern, registry: string): boolean {
  return pattern.kind === 'any' || withoutDefaultPort(pattern.registry) === withoutDefaultPort(registry);
}

/** Takes each text at its first place: linear, and right as `*` is any text. */
function matchesPieces(pieces: Pieces, text: string): boolean {
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** The image, for messages. */
export function describeImage(image: ImageName): string {
  return `\`${formatImageName(image)}\``;
}
