import type { PublicQueueKey } from '../../engine/temporal/payloads/queue-keys.ts';
import { isJsonList, isJsonObject, type Json } from '../../schemas/index.ts';
import { readTemporal, type TemporalSettings } from './temporal-settings.ts';
import type { SettingReader } from './setting-reader.ts';

/** How a server or an engine has Temporal. */
export interface ServerTemporalSettings extends TemporalSettings {
  /** The texts of public keys, by queue. */
  readonly queueKeys: Readonly<Record<string, readonly string[]>>;
}

/** Undefined where neither TEMPORAL_HOST nor the file says where Temporal is. */
export function readServerTemporal(reader: SettingReader): ServerTemporalSettings | undefined {
  if (reader.text('temporal.host', { environment: 'TEMPORAL_HOST' }) === undefined) return undefined;
  const keys = reader.json('temporal.queue-keys', {});
  return {
    ...readTemporal(reader),
    ...readCreateNamespace(reader),
    queueKeys: isJsonObject(keys ?? null) ? textsOf(keys) : {},
  };
}

function readCreateNamespace(reader: SettingReader): Pick<TemporalSettings, 'createNamespaceMs'> {
  const form = { environment: 'TEMPORAL_CREATE_NAMESPACE' };
  if (reader.text('temporal.create-namespace', form) === undefined) return {};
  const leastMs = 86_400_000;
  const createNamespaceMs = reader.duration('temporal.create-namespace', { ...form, fallback: '7d' });
  if (createNamespaceMs >= leastMs) return { createNamespaceMs };
  throw reader.refusal('temporal.create-namespace', form, {
    message: 'is less than Temporal keeps workflows for',
    remedy: 'Write a day or more: how long Temporal is to keep workflows that ended, such as 7d.',
  });
}

/** Reads the keys. INVALID_INPUT for what is none. */
export async function parseQueueKeys({
  queueKeys,
}: Pick<ServerTemporalSettings, 'queueKeys'>): Promise<ReadonlyMap<string, readonly PublicQueueKey[]>> {
  // Only where there is Temporal: what reads keys brings a part of its SDK along, which an embedded server has no use for.
  const { parsePublicKey } = await import('../../engine/temporal/payloads/queue-keys.ts');
  const parsed = Object.entries(queueKeys).map(async ([queue, texts]) => {
    const place = `temporal.queue-keys, ${queue}`;
    return [queue, await Promise.all(texts.map((text) => parsePublicKey(text, place)))] as const;
  });
  return new Map(await Promise.all(parsed));
}

/** The schema knows texts and lists of texts alone. */
function textsOf(keys: Json | undefined): Readonly<Record<string, readonly string[]>> {
  const entries = Object.entries(keys ?? {}).map(([queue, value]: [string, Json]) => {
    return [queue, (isJsonList(value) ? value : [value]).filter((text) => typeof text === 'string')] as const;
  });
  return Object.fromEntries(entries);
}
