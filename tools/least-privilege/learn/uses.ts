import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AskedDemand, KeptCall } from '../../../agent/executor/testing/kept-calls.ts';
import type { Observation } from '../../../runtime/grants/observation.ts';
import type { HostCall } from '../../../runtime/host-call.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';

/** One thing that a call needed, once for all calls that needed the same with the same inputs. */
export interface Use extends AskedDemand {
  /** What the plugin was given. */
  readonly inputs: JsonObject;
  /** Within which call, as the plugin made it. */
  readonly call: HostCall;
  /** What that call was given, of what is needed here. */
  readonly given: Given;
}

/** Beyond letting it happen. */
export interface Given extends Pick<Observation, 'secrets' | 'profile'> {
  /** Whether values of secrets stood in the URL, and elsewhere. */
  readonly secret_in?: { readonly url: boolean; readonly rest: boolean };
}

/** Placeholders differ each time, and stand for nothing that is written down. */
const placeholder = /wf-secret-[0-9a-f]{32}/;

/** What calls needed that test agents kept in the folder, of the plugin whose files have that digest. */
export function learnedUses(folder: string, digest: string): readonly Use[] {
  const uses = new Map<string, Use>();
  for (const name of readdirSync(folder)) {
    const containers = new Map<string, readonly string[]>();
    for (const kept of keptCalls(join(folder, name))) {
      if (kept.plugin.digest !== digest || !wasAllowed(kept)) continue;
      const secrets = secretsOf(kept, containers);
      for (const asked of kept.demands) {
        const use = { ...asked, inputs: kept.inputs, call: kept.call, given: givenFor(kept, asked, secrets) };
        // Two calls that carry different contents need the same.
        const { call: _call, ...needed } = use;
        uses.set(JSON.stringify(needed), use);
      }
    }
  }
  return [...uses.values()];
}

function keptCalls(file: string): readonly KeptCall[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  // As a test agent wrote them.
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as KeptCall);
}

/** What perform() refused was allowed by the entries, and then turned out to lead elsewhere. */
function wasAllowed({ audited }: KeptCall): boolean {
  return audited.decision === 'allowed' && audited.result !== 'denied';
}

/** The secrets that went out with the call, and those that are in the container that it looks into: it must be granted these, too. */
function secretsOf({ call, audited }: KeptCall, containers: Map<string, readonly string[]>): readonly string[] {
  const used = audited.secrets ?? [];
  const container = audited.facts?.['container'];
  if (call.capability !== 'docker' || typeof container !== 'string') return used;
  if (call.operation === 'start') containers.set(container, used);
  const looksInto = call.operation === 'exec' || call.operation === 'logs';
  return looksInto ? [...new Set([...used, ...(containers.get(container) ?? [])])] : used;
}

function givenFor({ call, audited }: KeptCall, asked: AskedDemand, secrets: readonly string[]): Given {
  // What a call brings with it is granted by entries of others.
  if (asked.capability !== call.capability) return {};
  const profile = audited.facts?.['profile'];
  const { url, ...rest }: JsonObject = isJsonObject(call.args) ? call.args : {};
  const asks = asked.demand as JsonObject; // As JSON keeps it, and of the same capability.
  const sameOrigin = originOf(url) === originOf(asks['url']);
  return {
    // They go along within their origin only.
    ...(secrets.length === 0 || !sameOrigin ? {} : { secrets, secret_in: placesOf(url, rest) }),
    ...(profile === 'host' || profile === 'workspace' ? { profile } : {}),
  };
}

function placesOf(url: Json | undefined, rest: JsonObject): NonNullable<Given['secret_in']> {
  const inUrl = placeholder.test(JSON.stringify(url ?? ''));
  // Of an environment, nothing shows in the arguments.
  return { url: inUrl, rest: !inUrl || placeholder.test(JSON.stringify(rest)) };
}

function originOf(url: Json | undefined): string | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).origin : undefined;
}
