import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec, type PayloadCodecOptions } from './codec.ts';
import { createLargePayloadCodec, type LargePayloadOptions } from './large.ts';
import type { PayloadKeys } from './payload-keys.ts';

/** How a worker or a client hands data to Temporal. */
export interface DataConverterOptions extends LargePayloadOptions, Omit<PayloadCodecOptions, 'keys'> {
  /** Undefined: payloads aren't encrypted. */
  readonly keys: PayloadKeys | undefined;
}

/**
 * The path of the failure converter, which `bundleWorkflowCode` needs, too: what workflows fail with is encoded inside their script.
 * Messages are readable for whoever has the key, or without keys for all.
 */
export const failureConverterPath: string = fileURLToPath(
  new URL(`./failure-converter${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/**
 * For each worker and client of one namespace, all with the same keys. Arguments, results, signals, updates, queries, heartbeats, failures,
 * memo and summaries are encrypted; search attributes, workflow and activity ids and types, queue names and times aren't.
 */
export function createDataConverter(options: DataConverterOptions): DataConverter {
  const { keys } = options;
  const large = createLargePayloadCodec(options);
  // The first one encodes first.
  return {
    failureConverterPath,
    payloadCodecs: keys === undefined ? [large] : [createPayloadCodec({ ...options, keys }), large],
  };
}
