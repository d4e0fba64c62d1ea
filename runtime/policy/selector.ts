import type { LoadedPlugin } from '../plugin.ts';

/** What a rule's `plugin:` may look at. */
export type SelectedPlugin = Pick<LoadedPlugin, 'identity' | 'origin' | 'signers'>;

const signerPrefix = 'signer:';

/** What is wrong with a selector, or undefined. */
export function checkSelector(selector: string): string | undefined {
  if (selector.startsWith(signerPrefix)) {
    return isSignerName(selector.slice(signerPrefix.length))
      ? undefined
      : 'a signer is a name as trust.yaml has it, or the id of a key';
  }
  if (selector.startsWith('sha256:')) {
    return /^sha256:[0-9a-f]{64}$/.test(selector) ? undefined : 'a digest is `sha256:` and 64 lower-case hex digits';
  }
  return /^[a-z0-9*?-]+$/.test(selector)
    ? undefined
    : 'a name has lower-case letters, digits and `-`; `*` and `?` are patterns';
}

/**
 * Whether the rule is about this plugin: `built-in` and `approved` go by where it comes from, a digest by its bytes, a
 * signer by those whose signatures counted when it was installed (their name, or the id of the key that they used), all else is a pattern over its name. A third-party plugin can call itself anything, so a name selects no built-in's rights:
 * see the note on names in docs/security-model.md.
 */
export function selects(selector: string, plugin: SelectedPlugin): boolean {
  if (selector === 'built-in' || selector === 'approved') return plugin.origin === selector;
  if (selector.startsWith('sha256:')) return plugin.identity.digest === selector;
  if (selector.startsWith(signerPrefix)) return isSignedBy(plugin, selector.slice(signerPrefix.length));
  return matchesPattern(selector, plugin.identity.name);
}

function isSignedBy({ signers = [] }: SelectedPlugin, signer: string): boolean {
  return signers.some(({ name, keys }) => name === signer || keys.includes(signer));
}

/** As `trust.schema.json` has names, among which ids of keys are. */
function isSignerName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@ -]{0,63}$/.test(text);
}

/** Whether a plugin's name is as a pattern has it: `*` any run, `?` one character. */
export function matchesPattern(pattern: string, name: string): boolean {
  return matchesName(Array.from(pattern), Array.from(name));
}

/** Two pointers, so that no pattern is slow. */
function matchesName(pattern: readonly string[], name: readonly string[]): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < name.length) {
    if (pattern[at] === '*') {
      star = at;
      resume = position;
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === name[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      resume += 1;
      position = resume;
      at = star + 1;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
