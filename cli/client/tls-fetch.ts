import type { Agent } from 'undici';
import { readPem } from '../composition/pem.ts';

/** PEM files: whom to trust beside nobody else, and who one is. */
export interface TlsPaths {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** That of undici, with what the standard has no word for. */
type DispatchedFetch = (
  input: Parameters<typeof fetch>[0],
  init: Omit<RequestInit, 'dispatcher'> & { readonly dispatcher: Agent },
) => Promise<Response>;

/** fetch() with certificates of one's own. Rejects with WaterflowFailure FILE_NOT_READABLE where one can't be read. */
export function fetchBy(paths: TlsPaths): typeof fetch {
  let prepared: Promise<{ readonly fetchIt: DispatchedFetch; readonly dispatcher: Agent }> | undefined;
  const prepare = async () => {
    const connect = Object.fromEntries(Object.entries(paths).map(([name, file]) => [name, readPem(String(file))]));
    // Only who needs it waits for it to be loaded.
    const undici = await import('undici');
    // It keeps to the same standard, with classes of its own.
    return { fetchIt: undici.fetch as unknown as DispatchedFetch, dispatcher: new undici.Agent({ connect }) };
  };
  return async (input, init) => {
    prepared ??= prepare();
    const { fetchIt, dispatcher } = await prepared;
    return await fetchIt(input, { ...init, dispatcher });
  };
}
