import type { Json, JsonObject } from '../../../../schemas/index.ts';
import type { CallScope } from '../../capability.ts';
import { createSshCapability } from '../../ssh.ts';
import { performTestCall, type TestCall } from '../../testing/call.ts';

/** A resolver for which every name is this machine. */
export const capability: ReturnType<typeof createSshCapability> = createSshCapability({
  lookup: async () => [{ address: '127.0.0.1', family: 4 }],
});

/** What of a test's call isn't the same for all. */
export type More = Partial<Pick<TestCall, 'layers' | 'implied' | 'quota_bytes'>>;

/** Makes a call to a server of this machine under entries of one layer. */
export async function ssh(
  scope: CallScope,
  call: { readonly entry: JsonObject; readonly operation: string; readonly args: JsonObject },
  more: More = {},
): Promise<JsonObject> {
  const { host, port } = call.entry;
  const args: Json = { host: host ?? '', ...(typeof port === 'number' ? { port } : {}), ...call.args };
  const answer = await performTestCall(
    capability,
    { layers: [[call.entry]], operation: call.operation, args, ...more },
    scope,
  );
  // Tests look into the answer by its keys.
  return answer as JsonObject;
}
