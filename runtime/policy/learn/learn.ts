import { isJsonObject, type JsonObject } from '../../../schemas/index.ts';
import type { AuditedHostCall, AuditSubject } from '../../audit/index.ts';
import { capabilities } from '../../capabilities/table.ts';
import { impliedCalls } from '../../grants/implied-calls.ts';
import type { Observation } from '../../grants/observation.ts';
import { tightestEntry } from '../../grants/tightest.ts';
import type { HostCall } from '../../host-call.ts';
import { generalized } from './generalize.ts';
import { merged } from './merge.ts';
import {
  type Connection,
  connectionOf,
  connectsFurther,
  observationOf,
  recordedCall,
  redirectsOf,
} from './recorded.ts';

/** How far a proposal may go beyond the very calls that were made. */
export interface LearnOptions {
  /** `ids`: parts of paths that are numbers, hashes or UUIDs may be any; `nothing`: each call as it was. */
  readonly generalize: 'nothing' | 'ids';
}

/** What each plugin of a run did, as entries that allow that and nothing else. */
export interface LearnedPolicy {
  readonly plugins: readonly LearnedPlugin[];
  /** Calls that no entry was made of. */
  readonly left_out: readonly LeftOut[];
  /** Calls that were refused, and so aren't proposed. */
  readonly refused: number;
}

/** One plugin, by its digest. */
export interface LearnedPlugin {
  readonly plugin: AuditSubject['plugin'];
  readonly calls: number;
  readonly entries: readonly LearnedEntry[];
}

/** An entry, and how many calls it is from. */
export interface LearnedEntry {
  readonly capability: string;
  readonly entry: JsonObject;
  readonly calls: number;
}

/** A call that the record doesn't say enough of. */
export interface LeftOut {
  readonly plugin: string;
  readonly call: string;
  readonly why: string;
  readonly calls: number;
}

/** Reads the calls of a run and proposes what would allow them. Those that were denied are counted only. */
export async function learn(calls: AsyncIterable<AuditedHostCall>, options: LearnOptions): Promise<LearnedPolicy> {
  const learning = new Learning(options);
  for await (const call of calls) learning.add(call);
  return learning.result();
}

class Learning {
  readonly #options: LearnOptions;
  readonly #plugins = new Map<
    string,
    { plugin: AuditSubject['plugin']; calls: number; entries: Map<string, LearnedEntry> }
  >();
  readonly #containers = new Map<string, JsonObject>();
  /** Of the exec that comes after them, by its sequence. */
  readonly #connections = new Map<string, Connection[]>();
  readonly #leftOut = new Map<string, LeftOut>();
  #refused = 0;

  constructor(options: LearnOptions) {
    this.#options = options;
  }

  add(audited: AuditedHostCall): void {
    if (capabilities.get(audited.call.capability)?.ambient === true) return;
    // What perform() refused was allowed by the entries, and then turned out to lead elsewhere.
    if (audited.decision !== 'allowed' || audited.result === 'denied') {
      this.#refused += 1;
      return;
    }
    const { plugin } = audited;
    const known = this.#plugins.get(plugin.digest) ?? { plugin, calls: 0, entries: new Map<string, LearnedEntry>() };
    this.#plugins.set(plugin.digest, known);
    known.calls += 1;
    if (this.#belongsToAnother(audited)) return;
    const recorded = recordedCall(audited);
    if ('why' in recorded) {
      this.#leaveOut(audited, recorded.why);
      return;
    }
    const { call } = recorded;
    const within = this.#takeConnections(audited);
    const seen = { ...observationOf(audited, within), ...this.#containerOf(audited, call) };
    if (within.length === 0 && connectsFurther(audited))
      this.#leaveOut(audited, 'its program connected to more than the record lists');
    const further = [...this.#redirected(audited, call), ...pullOf(audited, call), ...filesOf(audited, call)];
    for (const made of [call, ...further]) {
      const isOwn = made === call || (isJsonObject(made.args) && made.args['headers'] !== undefined);
      // Secrets go out with headers, and so where the headers went.
      this.#propose(audited, { call: made, seen: isOwn ? seen : { ...seen, secrets: [] } }, known.entries);
    }
  }

  /** A connection needs what its exec needs, and a request on a docker socket what the container needed that it is about. */
  #belongsToAnother(audited: AuditedHostCall): boolean {
    const { call, within } = audited;
    const connection = connectionOf(audited);
    if (connection === undefined)
      return within !== undefined && call.capability === 'docker' && call.operation === 'request';
    const key = `${audited.run} ${within}`;
    this.#connections.set(key, [...(this.#connections.get(key) ?? []), connection]);
    return true;
  }

  #takeConnections({ run, sequence }: AuditedHostCall): readonly Connection[] {
    const key = `${run} ${sequence}`;
    const connections = this.#connections.get(key) ?? [];
    this.#connections.delete(key);
    return connections;
  }

  result(): LearnedPolicy {
    return {
      plugins: [...this.#plugins.values()].map(({ plugin, calls, entries }) => ({
        plugin,
        calls,
        entries: merged([...entries.values()]),
      })),
      left_out: [...this.#leftOut.values()],
      refused: this.#refused,
    };
  }

  #propose(
    audited: AuditedHostCall,
    { call, seen }: { readonly call: HostCall; readonly seen: Observation },
    entries: Map<string, LearnedEntry>,
  ): void {
    const tightest = tightestEntry(call, seen);
    if ('problem' in tightest) {
      this.#leaveOut(audited, tightest.problem);
      return;
    }
    const { capability } = call;
    const entry = this.#options.generalize === 'ids' ? generalized(capability, tightest.entry) : tightest.entry;
    const key = `${capability} ${JSON.stringify(entry)}`;
    entries.set(key, { capability, entry, calls: (entries.get(key)?.calls ?? 0) + 1 });
  }

  /** Of a call that names a container: what that was started with, if it was in this record. */
  #containerOf({ plugin, facts }: AuditedHostCall, { capability, operation, args }: HostCall): Observation {
    if (capability !== 'docker' || !isJsonObject(args)) return {};
    const id = facts?.['container'];
    if (operation === 'start' && typeof id === 'string') this.#containers.set(`${plugin.digest} ${id}`, args);
    const named = args['container'];
    const started = typeof named === 'string' ? this.#containers.get(`${plugin.digest} ${named}`) : undefined;
    return started === undefined ? {} : { started };
  }

  /** The last hop of a redirect is a request of its own. */
  #redirected(audited: AuditedHostCall, call: HostCall): readonly HostCall[] {
    const redirects = call.capability === 'net' ? redirectsOf(audited) : undefined;
    if (redirects === undefined) return [];
    if (redirects.followed > 1) {
      this.#leaveOut(audited, 'it was redirected more than once, and the record has only the first and the last URL');
    }
    const { url, method = 'GET', headers } = call.args as JsonObject; // Arguments of net, which recordedCall() left an object.
    if (method !== 'GET' && method !== 'HEAD') {
      this.#leaveOut(audited, 'it was redirected, and the record does not say with which method it went on');
      return [];
    }
    // To another origin only headers that need no grant go along.
    const isSameOrigin = typeof url === 'string' && originOf(url) === originOf(redirects.last);
    const sent = isSameOrigin && headers !== undefined ? { headers } : {};
    return [{ ...call, args: { url: redirects.last, method, ...sent } }];
  }

  #leaveOut({ plugin, call }: AuditedHostCall, why: string): void {
    const key = `${plugin.digest} ${call.capability} ${call.operation} ${why}`;
    this.#leftOut.set(key, {
      plugin: plugin.name,
      call: `${call.capability}.${call.operation}`,
      why,
      calls: (this.#leftOut.get(key)?.calls ?? 0) + 1,
    });
  }
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** A build on a docker socket gets its context from the client, which reads what it may. */
function filesOf({ within }: AuditedHostCall, call: HostCall): readonly HostCall[] {
  return within !== undefined && call.operation === 'build' ? [] : impliedCalls(call);
}

/** A container's image that was missing, and so fetched: a call of its own, as grants see it. */
function pullOf({ facts }: AuditedHostCall, { capability, args }: HostCall): readonly HostCall[] {
  if (capability !== 'docker' || facts?.['pulled'] !== true || !isJsonObject(args)) return [];
  const { image } = args;
  return image === undefined ? [] : [{ capability, operation: 'pull', args: { image } }];
}
