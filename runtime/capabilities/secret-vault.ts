import type { SecretVault } from './capability.ts';

/** 128 bits: not to be guessed by a guest that can try as often as it likes. */
const placeholderBytes = 16;
const placeholderPattern = /wf-secret-[0-9a-f]{32}/g;

/** A vault in which values of some secrets are put only once their grant is known. */
export interface FillableVault extends SecretVault {
  /** Puts in the value of a secret that was made known without one. */
  fill(name: string, value: string): void;
}

/**
 * The vault of one invocation. Placeholders are made for it alone, so one that a guest kept, or sent away, means nothing to
 * any other. `random` is the agent's generator. `later` are names of secrets whose values come with fill(): until then there is a placeholder, and
 * nothing is put in its place.
 */
export function createSecretVault(powers: {
  readonly secrets: Readonly<Record<string, string>>;
  readonly later?: readonly string[];
  readonly random: { bytes(length: number): Uint8Array };
}): FillableVault {
  const values = new Map(Object.entries(powers.secrets));
  const known = new Set([...values.keys(), ...(powers.later ?? [])]);
  const placeholders = new Map<string, string>();
  const names = new Map<string, string>();
  return {
    placeholder(name) {
      if (!known.has(name)) return undefined;
      let placeholder = placeholders.get(name);
      if (placeholder === undefined) {
        placeholder = `wf-secret-${Buffer.from(powers.random.bytes(placeholderBytes)).toString('hex')}`;
        placeholders.set(name, placeholder);
        names.set(placeholder, name);
      }
      return placeholder;
    },
    reveal(text, allowed) {
      const used = new Set<string>();
      // One pass: a value that itself looks like a placeholder is not looked at again.
      const revealed = text.replace(placeholderPattern, (placeholder) => {
        const name = names.get(placeholder);
        const value = name === undefined || !allowed.includes(name) ? undefined : values.get(name);
        if (name === undefined || value === undefined) return placeholder;
        used.add(name);
        return value;
      });
      return { text: revealed, used: [...used] };
    },
    mentioned(text) {
      const found = (text.match(placeholderPattern) ?? []).map((placeholder) => names.get(placeholder));
      return [...new Set(found.filter((name) => name !== undefined))];
    },
    fill(name, value) {
      if (!known.has(name)) throw new TypeError(`the vault has no secret ${name}`);
      values.set(name, value);
    },
  };
}
