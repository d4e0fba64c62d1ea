import { assertNever } from '../../../schemas/index.ts';
import { type MatchBudget, matchBudgetOf } from '../match-budget.ts';
import { type QuotedRange, readQuoted } from '../quoted.ts';

/** The `url` of an entry, read. Compared with URLs as the WHATWG parser reads them, never with text. */
export interface UrlPattern {
  /** As the entry has it, without marks. */
  readonly text: string;
  readonly scheme: 'http:' | 'https:';
  readonly host:
    | { readonly kind: 'exact'; readonly host: string }
    | { readonly kind: 'subdomains'; readonly suffix: string }
    | { readonly kind: 'any' };
  /** The effective port in digits; undefined is any. */
  readonly port: string | undefined;
  /** Undefined: any path. */
  readonly path: readonly Segment[] | undefined;
  /** With its `?`; undefined: any query. */
  readonly query: string | undefined;
}

/** A path segment: `**`, or literal texts with a `*` between each two. */
type Segment = { readonly kind: 'any depth' } | { readonly kind: 'name'; readonly literals: readonly string[] };

type Parsed<Value> = Value | { readonly problem: string };

const maxPatternLength = 8192;

/** Reads an entry's `url`: scheme, host or `*.host` or `*`, port or `*`, and a path with `*` in segments and `**`. */
export function parseUrlPattern(marked: string): Parsed<{ readonly pattern: UrlPattern }> {
  const { text, quoted } = encodeDelimiters(readQuoted(marked));
  const problem = (why: string): { readonly problem: string } => ({ problem: `\`url\`: \`${text}\` ${why}` });
  if (text.length > maxPatternLength) return problem(`is longer than ${maxPatternLength} characters`);
  const parts = /^(https?):\/\/([^/?#\\]*)([^?#]*)(\?[^#]*)?(#.*)?$/is.exec(text);
  if (parts === null) return problem('does not begin with `https://` or `http://` and a host');
  const [, scheme = '', authority = '', path = '', query, fragment] = parts;
  const whole = quoted.length === 1 && quoted[0]?.start === 0 && quoted[0].end === text.length;
  const authorityStart = scheme.length + '://'.length;
  const misplaced = misplacedValue(text, quoted, { start: authorityStart, end: authorityStart + authority.length });
  if (misplaced !== undefined) return problem(misplaced);
  if (authority.includes('@')) return problem('holds a user name or password');
  if (fragment !== undefined && !whole) return problem('has a fragment, which is never sent');
  // The scheme is one of the two by the expression above.
  const protocol = `${scheme.toLowerCase()}:` as UrlPattern['scheme'];
  const host = parseAuthority(protocol, authority);
  if ('problem' in host) return problem(host.problem);
  const start = authorityStart + authority.length;
  const literalPath = escapeQuoted(path, quoted, start);
  const parsedPath = path === '' && !whole ? { path: undefined } : parsePath(literalPath, whole);
  if ('problem' in parsedPath) return problem(parsedPath.problem);
  const search = query === undefined ? undefined : new URL(`https://host/${query}`).search;
  return {
    pattern: {
      text,
      scheme: protocol,
      host: host.host,
      port: host.port,
      path: parsedPath.path,
      query: whole ? (search ?? '') : search,
    },
  };
}

/**
 * Encodes `?` and `#` in values that stand within the path, where they would end it. A value with which the URL begins may
 * be a whole URL and keeps them.
 */
function encodeDelimiters(marked: { readonly text: string; readonly quoted: readonly QuotedRange[] }): {
  readonly text: string;
  readonly quoted: readonly QuotedRange[];
} {
  const quoted: QuotedRange[] = [];
  let text = '';
  let done = 0;
  for (const { start, end } of marked.quoted) {
    text += marked.text.slice(done, start);
    const value = marked.text.slice(start, end);
    const from = text.length;
    const delimiters = text.includes('?') ? /#/g : /[?#]/g;
    text += start === 0 ? value : value.replace(delimiters, encodeURIComponent);
    quoted.push({ start: from, end: text.length });
    done = end;
  }
  return { text: text + marked.text.slice(done), quoted };
}

/** Says why an input's value may not stand where it does: a value in a host must not become the end of that host. */
function misplacedValue(text: string, quoted: readonly QuotedRange[], authority: QuotedRange): string | undefined {
  for (const range of quoted) {
    const value = text.slice(range.start, range.end);
    const startsUrl = range.start === 0;
    if (startsUrl && (range.end <= authority.start - '://'.length || range.end >= authority.end)) continue;
    if (range.start >= authority.end) continue;
    const inHost = range.start >= authority.start && range.end <= authority.end && /^[A-Za-z0-9.-]*$/.test(value);
    if (!inHost)
      return `has the value \`${value}\` in its host, where only letters, digits, dots and hyphens may stand`;
  }
  return undefined;
}

/** Encodes what would be a wildcard in the parts of the path that came from inputs. `offset` is where the path begins. */
function escapeQuoted(path: string, quoted: readonly QuotedRange[], offset: number): string {
  return [...path.matchAll(/[\s\S]/gu)]
    .map(({ 0: character, index }) => {
      const inQuoted = quoted.some((range) => range.start <= index + offset && index + offset < range.end);
      return inQuoted && character === '*' ? '%2A' : character;
    })
    .join('');
}

function parseAuthority(scheme: UrlPattern['scheme'], authority: string): Parsed<Pick<UrlPattern, 'host' | 'port'>> {
  const parts = /^(.*?)(?::([0-9]{1,5}|\*))?$/.exec(authority);
  const [, name = '', port] = parts ?? [];
  const wildcard = name === '*' || name.startsWith('*.');
  const fixed = wildcard ? name.slice(2) : name;
  if (name.includes('**'))
    return {
      problem: 'has `**` in its host: name the host, or write `*.example.com` for all below one; `**` is for paths',
    };
  if (fixed.includes('*')) return { problem: 'has a `*` in its host that is not the first label' };
  if (name === '*') return { host: { kind: 'any' }, port: portOf(scheme, port) };
  const address = `${scheme}//${fixed}${port === undefined || port === '*' ? '' : `:${port}`}/`;
  if (fixed === '' || !URL.canParse(address)) return { problem: 'has no valid host and port' };
  const url = new URL(address);
  if (url.pathname !== '/' || url.hostname === '') return { problem: 'has no valid host' };
  const host = withoutFinalDot(url.hostname);
  return {
    host: wildcard ? { kind: 'subdomains', suffix: `.${host}` } : { kind: 'exact', host },
    port: port === '*' ? undefined : effectivePort(url),
  };
}

function portOf(scheme: UrlPattern['scheme'], port: string | undefined): string | undefined {
  if (port === '*') return undefined;
  return port ?? (scheme === 'https:' ? '443' : '80');
}

function parsePath(path: string, whole: boolean): Parsed<{ readonly path: readonly Segment[] }> {
  const dots = path.split(/[/\\]/).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
  if (dots && !whole) return { problem: 'has `.` or `..` in its path' };
  const { pathname } = new URL(`https://host${path}`);
  const segments: Segment[] = [];
  for (const segment of pathname.slice(1).split('/')) {
    if (segment === '**') segments.push({ kind: 'any depth' });
    else if (segment.includes('**')) return { problem: 'has `**` in a segment: it must be a whole one' };
    else segments.push({ kind: 'name', literals: segment.split('*').map(canonicalText) });
  }
  return { path: segments };
}

/** A segment of a URL's path, and whether a wildcard may cover it, once that was asked. */
interface PathSegment {
  readonly text: string;
  plain?: boolean;
}

/** Hundreds of patterns are asked about the same URL. Nobody changes a URL that was asked about. */
const pathsOfUrls = new WeakMap<URL, readonly PathSegment[]>();

function pathOf(url: URL): readonly PathSegment[] {
  const known = pathsOfUrls.get(url);
  if (known !== undefined) return known;
  const path = url.pathname
    .slice(1)
    .split('/')
    .map((segment) => ({ text: canonicalText(segment) }));
  pathsOfUrls.set(url, path);
  return path;
}

/** Whether the URL is one that the pattern means; not where the URL's match budget is spent. */
export function matchesUrl(pattern: UrlPattern, url: URL): boolean {
  if (!matchesOrigin(pattern, url)) return false;
  if (pattern.query !== undefined && pattern.query !== url.search) return false;
  return pattern.path === undefined || matchesPath(pattern.path, pathOf(url), matchBudgetOf(url));
}

/** Whether scheme, host and port are those of the pattern. */
export function matchesOrigin(pattern: UrlPattern, url: URL): boolean {
  if (url.protocol !== pattern.scheme) return false;
  if (!matchesHost(pattern.host, withoutFinalDot(url.hostname))) return false;
  return pattern.port === undefined || pattern.port === effectivePort(url);
}

function matchesHost(pattern: UrlPattern['host'], host: string): boolean {
  switch (pattern.kind) {
    case 'exact':
      return host === pattern.host;
    case 'subdomains':
      return host.endsWith(pattern.suffix) && host.length > pattern.suffix.length;
    case 'any':
      return true;
    default:
      return assertNever(pattern);
  }
}

/** Simulates the set of pattern segments that may come next, so the time is bounded by pattern x path. */
function matchesPath(pattern: readonly Segment[], path: readonly PathSegment[], budget: MatchBudget): boolean {
  let states = closure(pattern, new Set([0]));
  for (const segment of path) {
    budget.steps -= states.size;
    const next = new Set<number>();
    for (const state of states) {
      const part = pattern[state];
      if (part === undefined) continue;
      if (part.kind === 'any depth') {
        if (isPlainSegment(segment)) next.add(state);
      } else if (matchesName(part.literals, segment, budget)) next.add(state + 1);
    }
    if (next.size === 0 || budget.steps < 0) return false;
    states = closure(pattern, next);
  }
  return states.has(pattern.length);
}

function closure(pattern: readonly Segment[], states: Set<number>): Set<number> {
  // A set visits what is added while it is walked.
  for (const state of states) if (pattern[state]?.kind === 'any depth') states.add(state + 1);
  return states;
}

/** Finds the literals one after another; the first stands at the beginning and the last at the end. */
function matchesName(literals: readonly string[], part: PathSegment, budget: MatchBudget): boolean {
  const segment = part.text;
  const first = literals[0] ?? '';
  if (literals.length === 1) return segment === first;
  const last = literals.at(-1) ?? '';
  if (segment.length < first.length + last.length) return false;
  if (!segment.startsWith(first) || !segment.endsWith(last) || !isPlainSegment(part)) return false;
  let position = first.length;
  for (const literal of literals.slice(1, -1)) {
    // Both long, the one may be begun at each place of the other.
    budget.steps -= 1 + (((segment.length - position) * literal.length) >> 6);
    if (budget.steps < 0) return false;
    const found = segment.indexOf(literal, position);
    if (found < 0 || found + literal.length > segment.length - last.length) return false;
    position = found + literal.length;
  }
  return true;
}

/**
 * Whether a wildcard may cover the segment. Servers, and the proxies before them, differ in how often they decode a path
 * (CVE-2021-42013) and in whether they read an encoded slash, an overlong one (CVE-2008-2938) or `..;` as what it looks
 * like, so each of these would let a request out of the path that was granted.
 */
function isPlainSegment(segment: PathSegment): boolean {
  if (segment.plain !== undefined) return segment.plain;
  const decoded = decodeFully(segment.text);
  segment.plain = decoded !== undefined && !separators.test(decoded) && !dotSegment.test(decoded);
  return segment.plain;
}

/** A slash, a backslash, a control character, or the first two bytes of a UTF-8 sequence longer than it has to be. */
const separators = /[/\\]|(?![\x80-\x9f])\p{Cc}|[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/u;

/** `.` or `..`, alone or before what a server may cut off. */
const dotSegment = /^\.{1,2}(?:[;?#\s]|$)/;

/** As often as anybody has a reason to encode, and then some; it bounds the time, too. */
const mostDecodings = 8;

/** The bytes that are left where nothing is encoded any more; undefined where that takes too many rounds. */
function decodeFully(segment: string): string | undefined {
  let text = segment;
  for (let round = 0; round < mostDecodings; round += 1) {
    const decoded = text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
    if (decoded === text) return text;
    text = decoded;
  }
  return undefined;
}

/** One spelling for one path: needless percent-encoding taken off, the rest in capitals (RFC 3986, 6.2.2). */
function canonicalText(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const code = Number.parseInt(encoded.slice(1), 16);
    const character = String.fromCharCode(code);
    return code > 0x20 && code < 0x7f && !'/\\%?#'.includes(character) ? character : encoded.toUpperCase();
  });
}

function withoutFinalDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

function effectivePort(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' ? '443' : '80';
}
