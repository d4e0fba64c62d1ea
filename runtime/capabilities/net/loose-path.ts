/** As often as anybody has a reason to encode, and then some. */
const mostDecodings = 8;

/** Nobody changes a URL that was asked about. */
const known = new WeakMap<URL, readonly URL[] | undefined>();

/**
 * The URL as servers, and the proxies before them, may read its path: decoded as often as it can be, with backslashes and encoded
 * slashes as slashes, without doubled slashes, control characters and what follows a `;`, and with `..` as what it means or as nothing.
 * Without those that are the URL itself. Undefined where it is encoded too often to tell. For what denies: what allows takes a path
 * for what it says.
 */
export function looselyRead(url: URL): readonly URL[] | undefined {
  if (!known.has(url)) known.set(url, readings(url));
  return known.get(url);
}

function readings(url: URL): readonly URL[] | undefined {
  // Most paths have nothing in them that could be read in two ways.
  if (!/%|;|\/\/|\/\.{1,2}(?:\/|$)/u.test(url.pathname)) return [];
  const decoded = decodeFully(url.pathname);
  if (decoded === undefined) return undefined;
  const segments = decoded
    .split(/[/\\]/u)
    .map((segment) => segment.replaceAll(/;.*|\p{Cc}/gsu, '').trim())
    .filter((segment) => segment !== '' && segment !== '.');
  const climbing: string[] = [];
  for (const segment of segments) {
    if (segment === '..') climbing.pop();
    else climbing.push(segment);
  }
  const paths = new Set([climbing, segments.filter((segment) => segment !== '..')].map(pathOf));
  paths.delete(url.pathname);
  return [...paths].map((path) => {
    const read = new URL(url);
    read.pathname = path;
    return read;
  });
}

/** The bytes of a path, one character each. A UTF-8 sequence that is longer than it has to be counts as what it stands for. */
function decodeFully(path: string): string | undefined {
  let text = path;
  for (let round = 0; round < mostDecodings; round += 1) {
    const decoded = text
      .replaceAll(/%([0-9a-f]{2})/giu, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
      .replaceAll(/[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf]{2}/gu, shortest);
    if (decoded === text) return text;
    text = decoded;
  }
  return undefined;
}

function shortest(bytes: string): string {
  let code = 0;
  for (const byte of bytes.slice(1)) code = (code << 6) | (byte.charCodeAt(0) & 0x3f);
  // The first byte of two has one bit that counts; those of three and four have none.
  if (bytes.length === 2) code |= (bytes.charCodeAt(0) & 0x01) << 6;
  return code < 0x80 ? String.fromCharCode(code) : '';
}

function pathOf(segments: readonly string[]): string {
  const encoded = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `/${segments.map((segment) => segment.replaceAll(/[^A-Za-z0-9._~-]/gu, encoded)).join('/')}`;
}
