import type { IssuedKey, Key, KeyRotation, NewKey } from './generated/models.ts';
import { apiPath } from './path.ts';
import { hideIn } from './shown-once.ts';
import type { KeyedOptions, RequestOptions, Transport } from './transport.ts';

/** API keys: for admins. */
export interface Keys {
  readonly list: (options?: RequestOptions) => Promise<readonly Key[]>;
  /** `key` of the answer is in it this one time, and not printed with the rest. Lost with a broken connection, it is lost: rotate the key. */
  readonly create: (key: NewKey, options?: KeyedOptions) => Promise<IssuedKey>;
  /** Another key in the place of one that goes on for `grace`. */
  readonly rotate: (id: string, rotation?: KeyRotation, options?: RequestOptions) => Promise<IssuedKey>;
  readonly revoke: (id: string, options?: RequestOptions) => Promise<Key>;
}

/** The operations of keys. */
export function keysOf(transport: Transport): Keys {
  const { ask, powers } = transport;
  return {
    async list(options) {
      const { keys } = (await ask({ path: 'v1/keys', has: 'keys' }, options)) as { readonly keys: readonly Key[] }; // As the API says.
      return keys;
    },
    async create(key, options) {
      const idempotencyKey = options?.idempotencyKey ?? powers.uniqueKey();
      const made = await ask({ method: 'POST', path: 'v1/keys', body: key, idempotencyKey }, options);
      return hideIn(made as IssuedKey, 'key'); // As the API says.
    },
    async rotate(id, rotation = {}, options) {
      const made = await ask({ method: 'POST', path: apiPath`v1/keys/${id}/rotate`, body: rotation }, options);
      return hideIn(made as IssuedKey, 'key'); // As the API says.
    },
    revoke: (id, options) => ask({ method: 'DELETE', path: apiPath`v1/keys/${id}` }, options) as Promise<Key>, // As the API says.
  };
}
