/** The kinds of argument that a rule may ask for instead of a fixed text. */
export const valueTypes = ['path', 'file', 'integer', 'ref', 'url', 'text'] as const;
export type ValueType = (typeof valueTypes)[number];

/** Schemes that a `url` argument may have where the rule names none: encrypted, and git runs no helper program for them. */
export const defaultUrlSchemes: readonly UrlScheme[] = ['https', 'ssh'];
/** Schemes that a rule may name. `ext` and the like, by which git runs a command, are not among them. */
export const urlSchemes = ['https', 'ssh', 'http', 'git', 'file'] as const;
export type UrlScheme = (typeof urlSchemes)[number];

/** git check-ref-format, as far as it matters, plus object names. No `:` and no `+` at the beginning, so no refspec; no `~`, `^`, `@{`, so no revision walk. */
const notInRef = /[ ~^:?*[\\]|\.\.|@\{|\/\/|\.lock(?:\/|$)|(?:^|\/)\.|\.$|\/$|^\/|^@$/;

/** Whether a control character (NUL, line feed, DEL...) is in the text. */
export function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/**
 * Whether the text is a workspace-relative path that no program takes for an option, nor for a place elsewhere: before the first
 * slash a `:` makes it a URL (`file:///etc`) or another machine's file (`host:x`, as tar, scp, rsync and git read it).
 */
export function isWorkspacePath(text: string): boolean {
  if (text === '' || text.startsWith('-') || text.startsWith('/') || /^[^/]*:/.test(text)) return false;
  return !text.split('/').includes('..');
}

/**
 * URLs that every program reads as we do: a scheme, perhaps a user, a host and a port in plain characters, then a path and so on without
 * backslashes (a slash to browsers, a letter to curl and git), braces and brackets (curl makes several requests of them), blanks and controls.
 */
const unambiguous =
  /^[a-z]+:\/\/(?:(?:[A-Za-z0-9._~+-]+@)?(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)?(?:[/?#][^\s\\{}[\]\p{Cc}]*)?$/iu;

/** Whether the text is a whole number from 0 up, in plain digits. */
export function isInteger(text: string): boolean {
  return /^[0-9]{1,15}$/.test(text);
}

/** Whether the text is a git branch, tag or object name that git can't take for an option or a refspec. */
export function isRef(text: string): boolean {
  if (text === '' || text.length > 1024 || /^[-+]/.test(text)) return false;
  return !hasControlCharacter(text) && !notInRef.test(text);
}

/**
 * Whether the text is an absolute URL of such a scheme that no program takes for an option: not as a whole, and not in the
 * user and host either, which git hands on to ssh. A password in it would be readable by every process.
 */
export function isPlainUrl(text: string, schemes: readonly UrlScheme[]): boolean {
  if (!URL.canParse(text) || !unambiguous.test(text)) return false;
  const url = new URL(text);
  const scheme = schemes.find((candidate) => `${candidate}:` === url.protocol);
  if (scheme === undefined || !text.toLowerCase().startsWith(`${scheme}://`)) return false;
  if (url.password !== '') return false;
  const host = decoded(url.hostname);
  const user = decoded(url.username);
  if (host === undefined || user === undefined) return false;
  return (scheme === 'file' || host !== '') && !host.startsWith('-') && !user.startsWith('-');
}

/** Whether a URL is written just as the parser writes it, so that nobody reads another path, host or port in it. */
export function isCanonicalUrl(text: string): boolean {
  const { href, pathname, search, hash } = new URL(text);
  return href === text || (pathname === '/' && search === '' && hash === '' && href === `${text}/`);
}

/** Text that isn't an option, or any text once a `--` has ended the options. */
export function isText(text: string, position: 'before --' | 'after --'): boolean {
  return position === 'after --' || !text.startsWith('-');
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
