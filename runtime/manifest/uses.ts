import { isVersion } from './versions.ts';

/** What a step's `uses:` says. */
export type Uses =
  /** `http@v1`, `http@v1.2`: the highest version that begins so. */
  | { readonly kind: 'range'; readonly name: string; readonly prefix: readonly number[] }
  /** `http@1.4.0`. */
  | { readonly kind: 'version'; readonly name: string; readonly version: string }
  /** `http@sha256:...`: exactly these bytes. */
  | { readonly kind: 'digest'; readonly name: string; readonly digest: string }
  /** `./folder`, relative to the workflow file. */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'invalid'; readonly why: string };

const namePattern = /^[a-z][a-z0-9-]{0,63}$/;

/** Reads `uses:`. */
export function parseUses(text: string): Uses {
  if (text.startsWith('./')) {
    const names = text.split('/').filter((name) => name !== '' && name !== '.');
    if (names.includes('..'))
      return {
        kind: 'invalid',
        why: "a plugin's folder lies beside or below the workflow file, so `..` is not allowed",
      };
    return { kind: 'folder', path: names.join('/') };
  }
  if (text.startsWith('.') || text.startsWith('/'))
    return { kind: 'invalid', why: "a plugin's folder is written `./folder`, relative to the workflow file" };
  const [name = '', version, ...rest] = text.split('@');
  if (!namePattern.test(name) || rest.length > 0)
    return { kind: 'invalid', why: 'a plugin is written as `name@v1`, `name@1.4.0`, `name@sha256:...` or `./folder`' };
  if (version === undefined) return { kind: 'invalid', why: `it doesn't say which version, e.g. \`${name}@v1\`` };
  if (/^sha256:[0-9a-f]{64}$/.test(version)) return { kind: 'digest', name, digest: version };
  const range = /^v(\d{1,9})(?:\.(\d{1,9}))?$/.exec(version);
  if (range !== null) {
    return {
      kind: 'range',
      name,
      prefix: range.slice(1).flatMap((part) => (part === undefined ? [] : [Number(part)])),
    };
  }
  if (isVersion(version)) return { kind: 'version', name, version };
  return { kind: 'invalid', why: `\`${version}\` is no version: write \`v1\`, \`1.4.0\` or \`sha256:...\`` };
}

/** Whether a version is one that a range takes. Pre-releases are only taken by name. */
export function inRange(version: string, prefix: readonly number[]): boolean {
  if (version.includes('-')) return false;
  const numbers = version.split('.').map(Number);
  return prefix.every((number, index) => numbers[index] === number);
}
