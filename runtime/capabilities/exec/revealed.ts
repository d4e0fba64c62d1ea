import type { CallScope } from '../capability.ts';
import { allowedSecrets, type ExecEffective } from './rule.ts';

/** How values stand in the text: as they are, or as they are written between the quotes of a JSON string. */
export type Escape = 'json' | undefined;

/** Puts the secrets of one exec in. */
export interface Revealer {
  readonly reveal: (text: string, escape?: Escape) => string;
  /** Names of the secrets whose values were put in. */
  readonly used: () => readonly string[];
}

/** Puts secrets in where the rules let them go, and remembers which. */
export function revealer(effective: Pick<ExecEffective, 'secrets'>, { secrets }: Pick<CallScope, 'secrets'>): Revealer {
  const used = new Set<string>();
  const reveal = (text: string, names: readonly string[]): string => {
    const revealed = secrets.reveal(text, names);
    for (const name of revealed.used) used.add(name);
    return revealed.text;
  };
  return {
    reveal(text, escape) {
      const names = allowedSecrets(effective, secrets.mentioned(text));
      if (escape === undefined || names.length === 0) return reveal(text, names);
      const values = new Map(
        names.map((name) => {
          const placeholder = secrets.placeholder(name) ?? '';
          return [placeholder, escapedForJson(reveal(placeholder, [name]))] as const;
        }),
      );
      // Placeholders are letters, digits and dashes. One pass: what stands in a value is not looked at again.
      return text.replace(
        new RegExp([...values.keys()].join('|'), 'g'),
        (placeholder) => values.get(placeholder) ?? '',
      );
    },
    used: () => [...used],
  };
}

/**
 * The text as between the quotes of a JSON string, and in a form that YAML reads alike between double quotes: what YAML takes for no
 * printable character, or for a line break, is a `\uXXXX`.
 */
export function escapedForJson(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
}
