import { readFileSync } from 'node:fs';
import { type IncomingMessage, Agent as PlainAgent, request as requestInClear } from 'node:http';
import { Agent as TlsAgent, request as requestByTls } from 'node:https';
import { isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import type { ProviderProblem, SecretPowers } from '../api.ts';
import type { VaultSettings } from '../document.ts';
import { readTlsMaterial } from '../../tls-material.ts';

/** What Vault is asked. */
export interface VaultRequest {
  readonly method: 'GET' | 'POST';
  /** Below /v1/, without a slash before it; its parts are encoded. */
  readonly path: string;
  readonly token?: string;
  readonly body?: JsonObject;
}

/** What it said: an answer that stands, or why there is none. */
export type VaultAnswer =
  | { readonly status: number; readonly content: JsonObject }
  | { readonly problem: ProviderProblem };

/** Asks Vault, again where it is down, sealed, a standby or overloaded. */
export interface VaultClient extends Disposable {
  ask(request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer>;
}

/** Of an answer; a KV entry is a mebibyte at most. */
const mostBytes = 2 * 1024 * 1024;

/** Before the second attempt, doubled with each further one. */
const firstPauseMs = 200;
const mostPauseMs = 5000;
/** What Vault may ask to wait for. */
const mostRetryAfterMs = 10_000;

/** Connections to one Vault. The certificates are read anew for each new connection that is made after they changed. */
export function openVaultClient(settings: VaultSettings, powers: Pick<SecretPowers, 'sleep' | 'chance'>): VaultClient {
  const transport = openTransport(settings);
  return {
    async ask(request, signal) {
      for (let attempt = 1; ; attempt += 1) {
        const tried = await askOnce(settings, transport, { request, signal });
        if (!('again' in tried)) return tried;
        if (attempt >= settings.attempts || signal.aborted) return { problem: tried.problem };
        const bound = Math.min(mostPauseMs, firstPauseMs * 2 ** (attempt - 1));
        // Agents that lost one Vault don't all come back at one moment.
        const pause = tried.again ?? bound / 2 + (powers.chance() * bound) / 2;
        try {
          await powers.sleep(pause, signal);
        } catch {
          return { problem: tried.problem };
        }
      }
    },
    [Symbol.dispose]: () => transport.close(),
  };
}

interface Transport {
  readonly agent: () => { readonly agent: PlainAgent | TlsAgent } | { readonly problem: ProviderProblem };
  readonly close: () => void;
}

function openTransport({ address, tls }: VaultSettings): Transport {
  const kept = { keepAlive: true, maxSockets: 4, maxFreeSockets: 1 };
  if (!address.startsWith('https:')) {
    const agent = new PlainAgent(kept);
    return { agent: () => ({ agent }), close: () => agent.destroy() };
  }
  let current: { readonly files: string; readonly agent: TlsAgent } | undefined;
  const read = () => readTlsMaterial(tls ?? {}, (file) => readFileSync(file, 'utf8'));
  return {
    agent: () => {
      try {
        const pem = read();
        const files = JSON.stringify(pem);
        if (current?.files === files) return { agent: current.agent };
        current?.agent.destroy();
        const servername = tls?.serverName === undefined ? {} : { servername: tls.serverName };
        const agent = new TlsAgent({ ...kept, ...pem, ...servername, minVersion: 'TLSv1.2' });
        current = { files, agent };
        return { agent };
      } catch (cause) {
        const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
        return {
          problem: {
            kind: 'unreachable',
            reason: `a file of its \`tls\` can't be read (${code})`,
            remedy: 'Name PEM files that the agent may read.',
          },
        };
      }
    },
    close: () => current?.agent.destroy(),
  };
}

interface Attempt {
  readonly request: VaultRequest;
  readonly signal: AbortSignal;
}

/** `again`: another attempt may do better, after so many ms where Vault says so. */
type Tried = VaultAnswer | { readonly problem: ProviderProblem; readonly again: number | undefined };

async function askOnce(settings: VaultSettings, transport: Transport, { request, signal }: Attempt): Promise<Tried> {
  const connections = transport.agent();
  if ('problem' in connections) return connections;
  const { agent } = connections;
  const within = AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]);
  const content = request.body === undefined ? undefined : JSON.stringify(request.body);
  const send = agent instanceof TlsAgent ? requestByTls : requestInClear;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  try {
    send(`${settings.address}/v1/${request.path}`, {
      method: request.method,
      agent,
      signal: within,
      headers: {
        // Vault refuses what a page of a browser could have sent where a proxy asks for it.
        'x-vault-request': 'true',
        ...(request.token === undefined ? {} : { 'x-vault-token': request.token }),
        ...(settings.namespace === undefined ? {} : { 'x-vault-namespace': settings.namespace }),
        ...(content === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
      },
    })
      .on('response', resolve)
      .on('error', reject)
      .end(content);
    const response = await promise;
    const text = await textOf(response);
    return answerOf(response, text);
  } catch (cause) {
    return { problem: { kind: 'unreachable', ...reasonOf(cause, settings, within) }, again: undefined };
  }
}

function answerOf({ statusCode: status = 0, headers }: IncomingMessage, text: string): Tried {
  if (isPassing(status)) {
    const problem: ProviderProblem = { kind: 'unreachable', reason: `it answers ${status}${meaningOf(status)}` };
    return { problem, again: pauseOf(headers['retry-after']) };
  }
  // A token isn't taken to an address that nobody configured.
  if (status >= 300 && status < 400) {
    return {
      problem: {
        kind: 'unreachable',
        reason: `it redirects (${status})`,
        remedy: 'Name the address of the active server, or of a load balancer in front of it.',
      },
    };
  }
  const content = objectIn(text);
  if (content !== undefined) return { status, content };
  return { problem: { kind: 'invalid', reason: `what answers at its address is no Vault (${status} without JSON)` } };
}

/** Down, sealed, a standby that forwards nothing, overloaded. 412: a replica that isn't up to date yet. */
function isPassing(status: number): boolean {
  return status === 412 || status === 429 || status === 472 || status === 473 || status >= 500;
}

function meaningOf(status: number): string {
  if (status === 503) return ', as a Vault that is sealed or in maintenance does';
  if (status === 429) return ', too many requests';
  return status === 472 || status === 473 ? ', as a standby does' : '';
}

function pauseOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/u.test(header)
    ? Math.min(mostRetryAfterMs, 1000 * Number(header))
    : undefined;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Without an encoding they are bytes.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`its answer is longer than ${mostBytes / 1024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Some answers of Vault have no body. */
function objectIn(text: string): JsonObject | undefined {
  if (text === '') return {};
  try {
    // JSON.parse gives nothing but JSON values.
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** By the code of the failure: what a library says beside it may hold anything. */
function reasonOf(
  cause: unknown,
  { timeoutMs }: VaultSettings,
  within: AbortSignal,
): Pick<ProviderProblem, 'reason' | 'remedy'> {
  if (within.aborted) return { reason: `it gave no answer within ${timeoutMs} ms` };
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/^(?:ERR_TLS|ERR_SSL|EPROTO|CERT|DEPTH|SELF|UNABLE|HOSTNAME)/u.test(code)) {
    return {
      reason: `its certificate, or this agent's, isn't accepted (${code})`,
      remedy: "Name who vouches for its certificate in `tls.ca`, and the agent's own in `tls.cert` and `tls.key`.",
    };
  }
  return { reason: `it can't be reached (${code === '' ? 'the answer broke off' : code})` };
}
