import { isJsonObject, type Json, type JsonObject, type RunId } from '../../../schemas/index.ts';
import type { PrivateQueueKey, PublicQueueKey } from './queue-keys.ts';
import { openSecrets, sealSecrets } from './sealed-secrets.ts';

/** Whose secrets they are. */
interface SecretsOf {
  readonly tenant: string;
  readonly run: RunId;
}

/** The secrets of a run for each of the queues that its plan uses, as a run's workflow has them. Nothing where it has none. */
export async function sealForQueues(
  secrets: Readonly<Record<string, string>>,
  keys: ReadonlyMap<string, readonly PublicQueueKey[]>,
  of: SecretsOf,
): Promise<JsonObject> {
  if (Object.keys(secrets).length === 0) return {};
  const sealed = [...keys].map(async ([queue, publicKeys]) => {
    return [queue, await sealSecrets(secrets, publicKeys, { ...of, queue })] as const;
  });
  return { version: 1, queues: Object.fromEntries(await Promise.all(sealed)) };
}

/** Opens those for the queues that an agent serves. SECRET_MISSING where it has the key of none. */
export async function openForQueues(
  value: JsonObject,
  keys: readonly PrivateQueueKey[],
  { queues, ...of }: SecretsOf & { readonly queues: readonly string[] },
): Promise<Readonly<Record<string, string>>> {
  const sealed = sealedIn(value);
  if (sealed === undefined) return {};
  const served = queues.filter((queue) => Object.hasOwn(sealed, queue));
  const opened = await Promise.all(
    // Queues that were asked for are there.
    served.map((queue) => openSecrets(sealed[queue] ?? null, keys, { ...of, queue })),
  );
  return Object.assign({}, ...opened) as Readonly<Record<string, string>>;
}

/** Undefined where the run has no secrets. */
function sealedIn(value: JsonObject): Readonly<Record<string, Json>> | undefined {
  const { version, queues } = value;
  return version === 1 && isJsonObject(queues) ? queues : undefined;
}
