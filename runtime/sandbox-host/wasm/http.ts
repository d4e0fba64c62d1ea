import type { CallChannel } from '../call-channel.ts';
import { type Blocks, exactBytes, textOf } from './blocks.ts';
import type { HostFunction } from './kernel.ts';

/** A request that was denied or failed. Extism has no answer for that but to end the call, so it is thrown through the module. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  /** The host call's id; undefined where the request was never sent. */
  readonly call: number | undefined;

  constructor(message: string, call?: number) {
    super(message);
    this.call = call;
  }
}

/** The most that an answer to a plugin may have: Extism gives whole bodies, so a plugin can't ask for less. */
const mostAnswerBytes = 8 * 1024 * 1024;

/** Extism's HTTP functions, carried out as the host call net.request: granted or denied like any other, each redirect, too. */
export function createHttp(calls: CallChannel, blocks: Blocks): Readonly<Record<string, HostFunction>> {
  let status = 0;
  let headers: unknown;
  return {
    http_request: (requestAddress: bigint, bodyAddress: bigint) => {
      status = 0;
      headers = undefined;
      const args = JSON.stringify(argumentsOf(blocks, requestAddress, bodyAddress));
      for (const address of [requestAddress, bodyAddress]) blocks.free(address);
      const id = calls.submit('net', 'request', args);
      if (id === undefined) throw new RequestRefused('the request is larger than 8 MiB with its body in base64');
      // The agent's answers have this form (docs/host-calls.md).
      const answer = JSON.parse(calls.answerTo(id).json) as {
        readonly ok?: { readonly status: number; readonly headers: unknown; readonly body?: string };
        readonly denied?: { readonly message: string };
        readonly error?: { readonly message: string };
      };
      if (answer.ok === undefined) {
        throw new RequestRefused((answer.denied ?? answer.error)?.message ?? 'the request failed', id);
      }
      ({ status, headers } = answer.ok);
      return blocks.store(exactBytes(Buffer.from(answer.ok.body ?? '', 'base64')));
    },
    http_status_code: () => status,
    http_headers: () => (headers === undefined ? 0n : blocks.store(exactBytes(JSON.stringify(headers)))),
  };
}

/** What the module describes, as arguments of net.request: handed on as it is, since the agent checks the arguments of every call. */
function argumentsOf(blocks: Blocks, requestAddress: bigint, bodyAddress: bigint): object {
  // Any object can be read by name. Kits of earlier days wrote `header`.
  const { url, method, headers, header } = describedAt(blocks, requestAddress) as Readonly<Record<string, unknown>>;
  const sent = headers ?? header ?? undefined;
  const body = blocks.bytesAt(bodyAddress);
  return {
    url,
    ...(method === undefined || method === null || method === '' ? {} : { method }),
    ...(sent === undefined ? {} : { headers: sent }),
    ...(body === undefined ? {} : { body: { base64: Buffer.from(body).toString('base64') } }),
    response: 'base64',
    max_bytes: mostAnswerBytes,
  };
}

function describedAt(blocks: Blocks, address: bigint): object {
  const bytes = blocks.bytesAt(address);
  try {
    const described: unknown = JSON.parse(bytes === undefined ? '' : textOf(bytes));
    if (typeof described === 'object' && described !== null) return described;
  } catch {
    // Said below.
  }
  throw new RequestRefused('the module described its HTTP request by something else than a JSON object');
}
