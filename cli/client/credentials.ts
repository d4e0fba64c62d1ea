/** What a command needs to ask a server that wants a key: its URL, the key, and the files that hold them. */
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isLoopbackHost } from '../../server/auth/loopback.ts';
import { usageError } from '../command.ts';

/** What the words about a URL's faults need to know. */
export interface UrlWords {
  /** Where it stands: `--server`, the name of a variable. */
  readonly from: string;
  /** What to write instead, as a sentence. */
  readonly example: string;
  /** Where the key goes instead, as a sentence. */
  readonly keyPlace: string;
  /** What others could read on the way: `the key and the secrets`. */
  readonly exposed: string;
  /** The usual port of such a server on the machine that it runs on. */
  readonly port: number;
}

/**
 * The URL that a key goes to: https, or http to this machine only, so that nobody on the way reads it. It ends with a slash, so that paths
 * can be relative to it, and has no fragment. USAGE, which doesn't show it: what is no URL may hold a password all the same.
 */
export function keyedUrl(text: string, { from, example, keyPlace, exposed, port }: UrlWords): URL {
  if (!URL.canParse(text)) throw usageError(`${from} is no URL`, example);
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw usageError(`${from} is no URL of the web`, example);
  if (url.username !== '' || url.password !== '') throw usageError(`${from} holds a user name or password`, keyPlace);
  if (url.protocol === 'http:' && !isLoopbackHost(url.host)) {
    throw usageError(
      `${from} is http: on the way to ${url.hostname}, everybody could read ${exposed}`,
      `Use https:, or forward a port of this machine: ssh -L ${port}:localhost:${port} ${url.hostname}`,
    );
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.hash = '';
  return url;
}

/** A key without the blanks around it. USAGE where it can't be one; `from` says where it stands, for the key itself is never shown. */
export function checkedKey(key: string, from: string): string {
  const text = key.trim();
  if (/^[\u0021-\u007e]+$/u.test(text)) return text;
  throw usageError(`${from} holds no key`, 'A key is one line of ASCII characters without blanks.');
}

/** A path of a configuration file: from the home folder with `~/`, else from the file's own folder. */
export function pathInFile(path: string, file: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(dirname(file), path);
}
