import { compareVersions } from '../../runtime/manifest/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';

/** What a part of a bundle is. */
export const partKinds = ['installer', 'release', 'temporal', 'plugin', 'image', 'key', 'unit'] as const;
export type PartKind = (typeof partKinds)[number];

/** A file of a bundle. Its digest is in SHA256SUMS, with that of the manifest. */
export interface BundlePart {
  readonly path: string;
  readonly kind: PartKind;
  /** In bytes. */
  readonly size: number;
  readonly executable: boolean;
}

/** What a bundle says of itself, in its file {@link manifestFile}. */
export interface BundleManifest {
  readonly format: 'waterflow-bundle/1';
  /** Of the release that it installs. */
  readonly version: string;
  readonly parts: readonly BundlePart[];
}

export const manifestFile = 'bundle.json';

/** The folder that all files of a bundle are in. */
export const bundleFolder = (version: string): string => `waterflow-site-${version}`;

/** Reads {@link manifestFile}. Throws WaterflowFailure BUNDLE_INVALID. */
export function readManifest(text: string): BundleManifest {
  const value = parsed(text);
  if (!isRecord(value) || value['format'] !== 'waterflow-bundle/1') {
    throw bundleInvalid(`${manifestFile} is of no format that this version reads`);
  }
  const { version, parts } = value;
  if (typeof version !== 'string' || !/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/u.test(version)) {
    throw bundleInvalid(`${manifestFile} has no version`);
  }
  if (!Array.isArray(parts)) throw bundleInvalid(`${manifestFile} has no list of parts`);
  return { format: 'waterflow-bundle/1', version, parts: parts.map(partOf) };
}

function partOf(value: unknown): BundlePart {
  const { path, kind, size, executable } = isRecord(value) ? value : {};
  const known = partKinds.find((each) => each === kind);
  if (
    typeof path !== 'string' ||
    known === undefined ||
    typeof size !== 'number' ||
    !Number.isSafeInteger(size) ||
    size < 0 ||
    typeof executable !== 'boolean'
  ) {
    throw bundleInvalid(`${manifestFile} has a part that is none: ${JSON.stringify(value)}`);
  }
  return { path, kind: known, size, executable };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bundleInvalid(`${manifestFile} is not JSON`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A bundle that is not what was signed, or nothing that was. */
export function bundleInvalid(message: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'BUNDLE_INVALID',
    message,
    remedy: 'Install nothing of it. Copy the bundle again from where it was made, and ask there for its SHA-256.',
  });
}

/** Whether a version is older than another one, by the rules of SemVer 2.0.0 (section 11). */
export function isOlder(version: string, than: string): boolean {
  return compareVersions(version, than) < 0;
}
