import { CallFailure } from '../capability.ts';

/** What containers are called on the networks of a run, and by whom: a name that two plugins shared would lead to either of them. */
export class TakenNames {
  readonly #taken = new Map<string, { readonly plugin: string; uses: number }>();

  /** Takes them all for a plugin (its digest), which may use one for several containers, or none. The result lets them go, once. */
  take(network: string, names: readonly string[], plugin: string): () => void {
    // As DNS has it, names tell no capitals from small letters.
    const keys = new Map(names.map((name) => [`${network} ${name.toLowerCase()}`, name]));
    for (const [key, name] of keys) {
      const taken = this.#taken.get(key);
      if (taken === undefined || taken.plugin === plugin) continue;
      throw new CallFailure('FAILED', `another plugin of the run has a container called \`${name}\` on that network`, {
        remedy: 'Give the container another name, or remove the other one before.',
      });
    }
    for (const key of keys.keys()) {
      const taken = this.#taken.get(key) ?? { plugin, uses: 0 };
      taken.uses += 1;
      this.#taken.set(key, taken);
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const key of keys.keys()) this.#letGo(key);
    };
  }

  #letGo(key: string): void {
    const taken = this.#taken.get(key);
    if (taken === undefined) return;
    taken.uses -= 1;
    if (taken.uses === 0) this.#taken.delete(key);
  }
}
