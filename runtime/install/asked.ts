import type { Approved } from '../../schemas/generated/lockfile.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { Json, JsonObject, Permissions } from '../../schemas/index.ts';
import { capabilities } from '../capabilities/table.ts';
import { withoutReason } from '../grants/entries.ts';
import { entryInWords, inputsRead } from '../grants/entry-words.ts';

/** One thing that a plugin asks for, for people: a sentence, and the author's reason. */
export interface AskedFor {
  /** A capability's name, or what else it is about. */
  readonly about: string;
  readonly what: string;
  readonly reason?: string;
}

const defaultLimits = { timeout: '10m', memory: '64MiB' } as const;

/** What a manifest asks for, as a lockfile keeps it. */
export function askedBy(manifest: Pick<PluginManifest, 'permissions' | 'inputs' | 'limits'>): Approved {
  // Read from YAML and checked: JSON, entries by capability.
  const permissions = (manifest.permissions ?? {}) as unknown as Permissions;
  const read = inputsRead(permissions);
  const defaults = Object.entries(manifest.inputs ?? {}).flatMap(([name, field]): [string, Json][] => {
    // The schema of an input is JSON, too.
    const value = (field as unknown as JsonObject)['default'];
    return value !== undefined && (read === 'any' || read.has(name.toLowerCase())) ? [[name, value]] : [];
  });
  // A copy, so that nobody changes a manifest by it; all of it is JSON.
  return structuredClone({
    permissions,
    defaults: Object.fromEntries(defaults),
    limits: { ...defaultLimits, ...manifest.limits },
  }) as unknown as Approved;
}

/** Each entry in words; empty where nothing is asked for. */
export function askedInWords(asked: Approved): readonly AskedFor[] {
  return entriesOf(asked).map((each) => inWords(each, asked));
}

/** One permission entry. */
export interface Entry {
  readonly capability: string;
  readonly entry: JsonObject;
}

/** The entries of all capabilities, in their order. */
export function entriesOf({ permissions }: Approved): readonly Entry[] {
  return Object.entries(permissions).flatMap(([capability, entries]) =>
    // Read from JSON.
    entries.map((entry) => ({ capability, entry: entry as JsonObject })),
  );
}

/** One entry in words, among what else is asked for. */
export function inWords({ capability, entry }: Entry, { defaults }: Approved): AskedFor {
  const { reason } = entry;
  // Made from JSON.
  const what = entryInWords(capability, entry, defaults as JsonObject);
  const left = leftToPolicy(capability, entry);
  return {
    about: capability,
    what: left === undefined ? what : `${what}; ${left}`,
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

/** What of an entry no approval gives, since `allow: requested` of a policy leaves it off. */
function leftToPolicy(name: string, entry: JsonObject): string | undefined {
  const capability = capabilities.get(name);
  if (capability?.requested === undefined) return undefined;
  const bare = withoutReason(entry);
  const given = capability.requested(bare);
  if (given === undefined) return 'takes effect only with an entry in the policy, approved or not';
  const keys = Object.keys(bare).filter(
    (key) => bare[key] !== false && JSON.stringify(bare[key]) !== JSON.stringify(given[key]),
  );
  if (keys.length === 0) return undefined;
  const shown = keys.map((key) => `\`${key}\``).join(' and ');
  return `${shown} ${keys.length === 1 ? 'takes' : 'take'} effect only with an entry in the policy that says so, too`;
}
