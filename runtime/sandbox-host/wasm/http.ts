import type { CallChannel } from '../call-channel.ts';
import { exactBytes, type HostFunction, type ModuleContext } from './context.ts';

/** A request that was denied or failed. Extism has no answer for that but to end the call, so it is thrown through the module. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  /** The host call's id. */
  readonly call: number;

  constructor(message: string, call: number) {
    super(message);
    this.call = call;
  }
}

/** Extism's HTTP functions, carried out as the host call net.request: granted or denied like any other. */
export function createHttp(calls: CallChannel): Readonly<Record<string, HostFunction>> {
  let status = 0;
  let headers: unknown = {};
  const request = (context: ModuleContext, requestAddress: bigint, bodyAddress: bigint): bigint => {
    status = 0;
    const described: unknown = JSON.parse(context.read(requestAddress)?.text() ?? '{}');
    // Read by name and handed on as it is: the agent checks the arguments of every call.
    const { url, method, headers: sent } = described as Readonly<Record<string, unknown>>;
    const body = bodyAddress === 0n ? undefined : context.read(bodyAddress)?.bytes();
    const args = {
      url,
      ...(method === undefined ? {} : { method }),
      ...(sent === undefined || sent === null ? {} : { headers: sent }),
      ...(body === undefined || body.byteLength === 0
        ? {}
        : { body: { base64: Buffer.from(body).toString('base64') } }),
      response: 'base64',
    };
    const id = calls.submit('net', 'request', JSON.stringify(args));
    if (id === undefined) throw new RequestRefused('the request is larger than 8 MiB', 0);
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
    return context.store(exactBytes(Buffer.from(answer.ok.body ?? '', 'base64')));
  };
  return {
    http_request: request,
    http_status_code: () => status,
    http_headers: (context) => context.store(exactBytes(JSON.stringify(headers))),
  };
}
