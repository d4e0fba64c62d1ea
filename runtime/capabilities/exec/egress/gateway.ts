import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { JsonObject } from '../../../../schemas/index.ts';
import type { AuditedCall, InnerCall, InnerDecision, InnerOutcome } from '../../../audit/api.ts';
import type { Recheck } from '../../../grants/api.ts';
import type { Denial } from '../../../host-call.ts';
import { CallFailure } from '../../capability.ts';
import { canonicalHost, connectEndpoint, type Endpoint, type FindRules } from '../../net/endpoint.ts';
import type { EgressDemand } from '../call.ts';
import { type EgressRule, patternFor } from './rule.ts';
import { endpointText } from './view.ts';

/** How much of the network one exec may use. */
export interface EgressBounds {
  /** Connections of the program that are open at one time. */
  readonly parallel: number;
  /** In all, refused ones too. */
  readonly connections: number;
  /** Both ways together. */
  readonly bytes: number;
}

/** Far more than programs need that fetch and send; a loop that never ends comes to it. */
export const egressBounds: EgressBounds = { parallel: 128, connections: 20_000, bytes: 16 * 1024 ** 3 };

const connectTimeoutMs = 30_000;
/** Endpoints that the audit names; what is more is counted. */
const notedEndpoints = 100;

/** What decides over connections. */
export interface GatewaySetup {
  /** Of each layer's rule that let the program run: a connection needs all of them. */
  readonly rules: readonly EgressRule[];
  /** Asks the grant again, for deny rules. */
  readonly recheck: (connection: Omit<EgressDemand, 'call'>) => Recheck;
  /** Records each connection before it is made, and each that is refused. */
  readonly within: AuditedCall['within'];
  readonly lookup: (hostname: string) => Promise<readonly LookupAddress[]>;
  readonly signal: AbortSignal;
  readonly bounds: EgressBounds;
  /** Tells the step's log of a connection that was refused. */
  readonly onRefused: (message: string) => void;
}

/** What the rules say to a connection, and to which of the addresses that need more than its name. */
type Decision = InnerDecision & { readonly permits: FindRules['permits'] };

/** A connection to a granted endpoint. */
export interface Upstream {
  readonly socket: Socket;
  /** Counts bytes that go either way, and ends the exec where they are too many. */
  readonly charge: (bytes: number) => void;
}

interface Traffic {
  readonly endpoint: string;
  readonly address?: string;
  readonly refused?: string;
  connections: number;
  sent: number;
  received: number;
}

/** The agent's side of one exec's egress: every connection of the program ends here, and a new one begins where it is granted. */
export class Gateway implements Disposable {
  readonly #setup: GatewaySetup;
  readonly #open = new Set<Socket>();
  /** Of each connection that is under way: records what came of it. */
  readonly #ends = new Set<() => void>();
  readonly #traffic = new Map<string, Traffic>();
  readonly #over = new AbortController();
  readonly #exceeded = Promise.withResolvers<CallFailure>();
  #accepted = 0;
  #admitted = 0;
  #bytes = 0;
  #unnoted = 0;

  constructor(setup: GatewaySetup) {
    this.#setup = setup;
  }

  /** Resolves once a bound is exceeded that ends the exec. */
  get exceeded(): Promise<CallFailure> {
    return this.#exceeded.promise;
  }

  /** Takes a connection of the program in, until it closes; false where there are too many, and then it is closed. */
  admit(client: Socket): boolean {
    const { bounds } = this.#setup;
    client.on('error', () => undefined);
    this.#accepted += 1;
    if (this.#accepted > bounds.connections) this.#exceed(`made more than ${bounds.connections} connections`);
    if (this.#over.signal.aborted || this.#admitted >= bounds.parallel || this.#accepted > bounds.connections) {
      client.destroy();
      return false;
    }
    this.#admitted += 1;
    this.#keep(client, () => (this.#admitted -= 1));
    return true;
  }

  /** Connects where every rule lets it. Throws CallFailure, which the program may see. */
  async connect(named: Endpoint): Promise<Upstream> {
    // What a program calls a host may hold anything; only what is one goes to the log, the audit and the resolver.
    const host = canonicalHost(named.host);
    if (host === undefined)
      throw new CallFailure('INVALID_ARGUMENTS', 'what the program wants to connect to is no host');
    const endpoint: Endpoint = { host, port: named.port };
    const where = `${endpoint.host}:${endpoint.port}`;
    let inner: InnerCall | undefined;
    try {
      const decision = this.#decide(endpoint);
      const call = { capability: 'exec', operation: 'connect', args: { endpoint: endpointText(endpoint) } };
      inner = this.#setup.within(call, decision);
      if (decision.kind === 'denied') {
        const { message, rule, remedy } = decision.denial;
        throw new CallFailure('DENIED', message, { rule, remedy });
      }
      const { permits } = decision;
      const { socket, address } = await connectEndpoint(endpoint, {
        permits,
        denies: (found) => {
          const answer = this.#setup.recheck({ endpoint, addresses: [found] });
          return answer.kind === 'denied' ? answer.denial : undefined;
        },
        lookup: this.#setup.lookup,
        capability: 'exec egress',
        signal: AbortSignal.any([this.#setup.signal, this.#over.signal]),
        timeout_ms: connectTimeoutMs,
      });
      return this.#upstream(socket, { endpoint: where, address, inner });
    } catch (cause) {
      inner?.end(failedOutcome(cause));
      if (!(cause instanceof CallFailure)) throw cause;
      const refused = this.#note(`${where} ${cause.code}`, { endpoint: where, refused: cause.message });
      if (refused?.connections === 1 && !this.#over.signal.aborted) this.#setup.onRefused(cause.message);
      throw cause;
    }
  }

  /**
   * Moves bytes both ways until both sides have ended, or one broke. `early` came from the program before; it can't be put back,
   * since the program may have ended its side by now.
   */
  carry(client: Socket, { socket, charge }: Upstream, early?: Buffer): void {
    const counted = (): Transform =>
      new Transform({
        transform(chunk: Buffer, _encoding, done) {
          charge(chunk.length);
          done(null, chunk);
        },
      });
    if (early !== undefined && early.length > 0) {
      charge(early.length);
      socket.write(early);
    }
    client.pipe(counted()).pipe(socket);
    socket.pipe(counted()).pipe(client);
    socket.once('close', () => {
      // What was read of an orderly end is still on its way to the program.
      if (!socket.readableEnded) client.destroy();
    });
    client.once('close', () => {
      if (client.readableEnded) {
        socket.end();
        // Nobody reads it any more, and unread it would never end.
        socket.resume();
      } else {
        socket.destroy();
      }
    });
    if (socket.destroyed) client.destroy();
    if (client.destroyed) socket.destroy();
  }

  /** For the audit: where to, how often and how much. */
  facts(): JsonObject {
    const endpoints = [...this.#traffic.values()].map((traffic) => ({ ...traffic }));
    return { endpoints, bytes: this.#bytes, ...(this.#unnoted === 0 ? {} : { not_listed: this.#unnoted }) };
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('the program has ended'));
    // Their sockets close later than the exec is over.
    for (const end of this.#ends) end();
    for (const socket of this.#open) socket.destroy();
  }

  #decide(endpoint: Endpoint): Decision {
    const { rules } = this.#setup;
    const patterns = rules.map((rule) => patternFor(rule, endpoint));
    const again = this.#setup.recheck({ endpoint });
    if (again.kind === 'denied') return { ...again, permits: () => false };
    // Another entry of a layer might allow it that didn't let this program run, with another digest say: it doesn't count.
    if (patterns.length === 0 || patterns.includes(undefined)) {
      const denial: Denial = {
        code: 'DENIED',
        rule: 'exec egress',
        message: `the entry that lets the program run doesn't let it connect to ${endpoint.host}:${endpoint.port}`,
        remedy: 'Add the endpoint to `egress` of the first entry that allows the call, in every layer.',
      };
      return { kind: 'denied', denial, decided_by: again.decided_by, permits: () => false };
    }
    const isPrivate = rules.every((rule) => rule.private);
    const isNamed = patterns.every((pattern) => pattern?.host.kind === 'exact');
    const permits: FindRules['permits'] = (at) => isPrivate && (at === 'private' || isNamed);
    return { kind: 'allowed', decided_by: again.decided_by, permits };
  }

  #upstream(
    socket: Socket,
    { endpoint, address, inner }: { readonly endpoint: string; readonly address: string; readonly inner: InnerCall },
  ): Upstream {
    const traffic = this.#note(`${endpoint} ${address}`, { endpoint, address });
    const end = (): void => {
      if (!this.#ends.delete(end)) return;
      const { bytesWritten: sent, bytesRead: received } = socket;
      if (traffic !== undefined) {
        traffic.sent += sent;
        traffic.received += received;
      }
      inner.end({ result: 'ok', facts: { address, sent, received } });
    };
    this.#ends.add(end);
    this.#keep(socket, end);
    return {
      socket,
      charge: (bytes) => {
        this.#bytes += bytes;
        inner.moved(bytes);
        const { bounds } = this.#setup;
        if (this.#bytes > bounds.bytes) this.#exceed(`moved more than ${bounds.bytes} bytes over its connections`);
      },
    };
  }

  #keep(socket: Socket, onClose: () => void): void {
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      onClose();
    });
    if (this.#over.signal.aborted) socket.destroy();
  }

  #note(key: string, named: Pick<Traffic, 'endpoint' | 'address' | 'refused'>): Traffic | undefined {
    const known = this.#traffic.get(key);
    if (known === undefined && this.#traffic.size >= notedEndpoints) {
      this.#unnoted += 1;
      return undefined;
    }
    const traffic = known ?? { ...named, connections: 0, sent: 0, received: 0 };
    traffic.connections += 1;
    this.#traffic.set(key, traffic);
    return traffic;
  }

  #exceed(what: string): void {
    this.#exceeded.resolve(
      new CallFailure('LIMIT_EXCEEDED', `the program ${what}`, { remedy: 'Let it do less in one exec.' }),
    );
  }
}

/** A denial here is one of the addresses that the name turned out to have. */
function failedOutcome(cause: unknown): InnerOutcome {
  if (!(cause instanceof CallFailure)) return { result: 'error' };
  const { code, message, rule, remedy } = cause;
  if (code !== 'DENIED') return { result: 'error', facts: { code, message } };
  const denial = { rule: rule ?? 'exec egress', message, remedy: remedy ?? 'Grant it another endpoint.' };
  return { result: 'denied', denial };
}
