import type { Threshold, TrustFile } from '../../schemas/generated/trust.ts';
import { parseTimestamp, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import trustSchema from '../../schemas/trust.schema.json' with { type: 'json' };
import { type DocumentKind, readSchemaDocument } from '../documents/schema-document.ts';
import type { YamlDocument } from '../documents/yaml-document.ts';
import { matchesPattern } from '../policy/selector.ts';
import { type PublicKey, readPublicKey } from './keys.ts';

/** Whose signatures count on this machine. */
export interface TrustPolicy {
  readonly file: string;
  readonly keys: readonly TrustedKey[];
  readonly thresholds: readonly Threshold[];
  /** The reason by the key's id. */
  readonly revokedKeys: ReadonlyMap<string, string>;
  /** The reason by the package's digest. */
  readonly revokedPackages: ReadonlyMap<string, string>;
}

/** A key that an operator trusts, for some plugins and some time. */
export interface TrustedKey extends PublicKey {
  /** Its holder. Two keys of one name are one signer's. */
  readonly name: string;
  readonly plugins: readonly string[];
  /** Milliseconds since 1970; its signatures count from then on. */
  readonly notBefore?: number;
  /** Milliseconds since 1970; its signatures count until just before then. */
  readonly notAfter?: number;
}

const trustDocument: DocumentKind<TrustFile> = {
  code: 'TRUST_INVALID',
  schema: trustSchema,
  check: ({ document, content }) => [...checkKeys(document, content), ...checkThresholds(document, content)],
};

/** Text of a trust.yaml -> trust policy, or all that is wrong with it (TRUST_INVALID with line and column). */
export function readTrustPolicy(
  text: string,
  file: string,
): { readonly trust: TrustPolicy } | { readonly errors: readonly WaterflowError[] } {
  const read = readSchemaDocument(text, file, trustDocument);
  if ('errors' in read) return read;
  const { keys, thresholds = [], revoked = {} } = read.content;
  return {
    trust: {
      file,
      keys: keys.map(trustedKey),
      thresholds,
      revokedKeys: new Map((revoked.keys ?? []).map(({ id, reason }) => [id, reason])),
      revokedPackages: new Map((revoked.packages ?? []).map(({ digest, reason }) => [digest, reason])),
    },
  };
}

/** Whether one of the patterns is about a plugin of this name. */
export function isAbout(patterns: readonly string[], plugin: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, plugin));
}

/** How many signers a plugin of this name needs: the most that any threshold wants for it, and always one. */
export function signersNeeded({ thresholds }: TrustPolicy, plugin: string): number {
  const wanted = thresholds.filter(({ plugins }) => isAbout(plugins, plugin)).map(({ signers }) => signers);
  return Math.max(1, ...wanted);
}

function trustedKey(entry: TrustFile['keys'][number]): TrustedKey {
  const { name, key, plugins, 'not-before': notBefore, 'not-after': notAfter } = entry;
  const times = { notBefore: timeOf(notBefore), notAfter: timeOf(notAfter) };
  return {
    ...readPublicKey(key),
    name,
    plugins,
    ...(times.notBefore === undefined ? {} : { notBefore: times.notBefore }),
    ...(times.notAfter === undefined ? {} : { notAfter: times.notAfter }),
  };
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseTimestamp(text);
}

function checkKeys(document: YamlDocument, { keys }: TrustFile): readonly WaterflowError[] {
  const errors: WaterflowError[] = [];
  const known = new Map<string, string>();
  for (const [index, entry] of keys.entries()) {
    const wrong = (key: keyof typeof entry, message: string, remedy: string): void => {
      errors.push(document.error({ path: ['keys', index, key], part: 'value' }, { message, remedy }));
    };
    const id = idOf(entry.key);
    if (typeof id !== 'string') {
      wrong('key', `\`key\` is no public key: ${id.problem}`, 'Copy it from the .pub file.');
    } else if (known.has(id)) {
      // Twice under two names, it would count as two signers.
      wrong('key', `the key is that of \`${known.get(id)}\` above`, 'Keep one entry, with all `plugins` in it.');
    } else known.set(id, entry.name);
    for (const time of ['not-before', 'not-after'] as const) {
      if (entry[time] !== undefined && timeOf(entry[time]) === undefined) {
        wrong(time, `\`${time}\` is no time with its offset from UTC`, 'Write it as "2027-01-31T00:00:00Z".');
      }
    }
    if ((timeOf(entry['not-before']) ?? -Infinity) >= (timeOf(entry['not-after']) ?? Infinity)) {
      wrong('not-after', '`not-after` is not later than `not-before`', 'Correct one of them.');
    }
  }
  return errors;
}

/** A threshold that all signers together can't reach is a mistake, and nothing could be installed. */
function checkThresholds(document: YamlDocument, { keys, thresholds = [] }: TrustFile): readonly WaterflowError[] {
  const signers = new Set(keys.map(({ name }) => name)).size;
  return thresholds.flatMap((threshold, index) =>
    threshold.signers <= signers
      ? []
      : [
          document.error(
            { path: ['thresholds', index, 'signers'], part: 'value' },
            {
              message: `${threshold.signers} signers are wanted, and \`keys\` names ${signers}`,
              remedy: 'Add the keys of other signers, or want fewer.',
            },
          ),
        ],
  );
}

function idOf(text: string): string | { readonly problem: string } {
  try {
    return readPublicKey(text).id;
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return { problem: cause.error.message };
    throw cause;
  }
}
