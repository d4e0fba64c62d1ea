import type { JsonObject } from '../../schemas/index.ts';

/** What a record, or an entry that holds, says of how a call is carried out, beyond its arguments. */
export interface Observation {
  readonly secrets?: readonly string[];
  readonly profile?: 'workspace' | 'host';
  /** It went to a private address. */
  readonly private?: boolean;
  /** Of ssh: whom the agent logged in as, and the fingerprint of the host's key. */
  readonly user?: string;
  readonly host_key?: string;
  /** Of exec: where its program connected to, each `host:port`. */
  readonly egress?: readonly string[];
  /** Of mail: how the connection was encrypted. */
  readonly tls?: string;
  /** Of docker, where the call names a container: the arguments that it was started with. */
  readonly started?: JsonObject;
}

/** The keys of an entry that say what a call was given, as far as anything was. */
export function givenKeys({ secrets, private: isPrivate }: Observation): JsonObject {
  return {
    ...(secrets === undefined || secrets.length === 0 ? {} : { secrets: [...secrets].sort() }),
    ...(isPrivate === true ? { private: true } : {}),
  };
}
