import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { Logger } from 'winston';
import type { ServerConfig } from '../config.ts';
import type { ServerClock } from '../parts.ts';

type TlsPaths = NonNullable<ServerConfig['tls']>;

/** As Node takes them. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Who vouches for clients. */
  readonly ca?: string;
}

/** Certificates are renewed weeks before they end: a minute is soon. */
const lookMs = 60_000;

export async function readTlsFiles({ cert, key, clientCa }: TlsPaths): Promise<TlsFiles> {
  const [certText, keyText] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')]);
  return { cert: certText, key: keyText, ...(clientCa === undefined ? {} : { ca: await readFile(clientCa, 'utf8') }) };
}

/** Looks after a server's certificate until disposed of. */
export interface Renewal extends Disposable {
  /** Takes the files' certificate now; says whether it is another one. Rejects with what is wrong with them. */
  readonly renew: () => Promise<boolean>;
}

/** Has a server take a renewed certificate, for connections that begin after. One that doesn't fit its key is logged, and not taken. */
export function takeRenewed(
  server: Server,
  paths: TlsPaths,
  { read, clock, log }: { readonly read: TlsFiles; readonly clock: ServerClock; readonly log: Logger },
): Renewal {
  let current = read;
  let cancel = (): void => {};
  let isStopped = false;
  const renew = async (): Promise<boolean> => {
    const found = await readTlsFiles(paths);
    if (found.cert === current.cert && found.key === current.key && found.ca === current.ca) return false;
    server.setSecureContext({ ...found, minVersion: 'TLSv1.2' });
    current = found;
    return true;
  };
  const look = async (): Promise<void> => {
    try {
      if (await renew()) log.info('a renewed certificate was taken', { file: paths.cert });
    } catch (thrown) {
      log.error('the certificate could not be read again: the one before stays', { error: String(thrown) });
    }
    lookLater();
  };
  const lookLater = (): void => {
    if (!isStopped) cancel = clock.after(lookMs, () => void look());
  };
  lookLater();
  return {
    renew,
    [Symbol.dispose]: () => {
      isStopped = true;
      cancel();
    },
  };
}
