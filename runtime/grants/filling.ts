import { toText } from '../../dsl/expressions/index.ts';
import {
  assertNever,
  type EvaluatedExpression,
  type EvaluatedTemplate,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  type Position,
} from '../../schemas/index.ts';
import type { Capability } from '../capabilities/capability.ts';
import type { GivenSecrets } from './api.ts';

/**
 * An entry with what its expressions gave. `given` is each of these values. `dropped`: it reads something that isn't there, so it
 * holds for nothing; `refused`: a value can't stand where the entry puts it.
 */
export type Filled =
  | { readonly kind: 'filled'; readonly entry: JsonObject; readonly given: readonly EvaluatedExpression[] }
  | { readonly kind: 'dropped'; readonly why: string }
  | { readonly kind: 'refused'; readonly problem: string; readonly at?: Position };

/** What a value may become besides a text. */
export interface FillingRules {
  /** Whether an expression that is all of a field may give a list, whose items then stand there. */
  readonly lists: 'items' | 'refused';
  /** Where it is there, a secret that is all of an item of `secrets` or `url-secrets` stands for its name. */
  readonly secrets?: GivenSecrets;
}

/**
 * Puts what expressions gave into an entry. Each value stands for exactly itself: the capability's grammar quotes it. The one way from
 * a value to a grant, for manifests, policies and workflow files.
 */
export function fillEvaluated(
  entry: EvaluatedTemplate,
  capability: Pick<Capability, 'quote'>,
  rules: FillingRules,
): Filled {
  const filling = new Filling(capability, rules);
  try {
    const filled = filling.value(entry, []);
    if (!isJsonObject(filled)) return { kind: 'refused', problem: 'the entry is no object' };
    return { kind: 'filled', entry: filled, given: filling.given };
  } catch (cause) {
    if (cause instanceof Stopped) return cause.outcome;
    throw cause;
  }
}

/** What expressions gave, in a message. */
export function shownGiven(given: readonly EvaluatedExpression[]): string {
  const [first, ...others] = given.map(({ source, value }) => `\`${source}\` gives ${shown(value)}`);
  if (first === undefined) return '';
  return others.length > 2 ? `${first}, and ${others.length} more` : [first, ...others].join(', ');
}

const longestShown = 80;

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown - 1)}…`;
}

/** Ends the walk through an entry; caught by fillEvaluated() alone. */
class Stopped extends Error {
  readonly outcome: Exclude<Filled, { readonly kind: 'filled' }>;

  constructor(outcome: Exclude<Filled, { readonly kind: 'filled' }>) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** Fields of entries that list secrets. */
const secretLists: ReadonlySet<string> = new Set(['secrets', 'url-secrets']);

class Filling {
  readonly given: EvaluatedExpression[] = [];
  readonly #capability: Pick<Capability, 'quote'>;
  readonly #rules: FillingRules;

  constructor(capability: Pick<Capability, 'quote'>, rules: FillingRules) {
    this.#capability = capability;
    this.#rules = rules;
  }

  value(template: EvaluatedTemplate, path: readonly string[]): Json {
    switch (template.kind) {
      case 'literal':
        return template.value;
      case 'expression':
        return this.#whole(template.expression, path);
      case 'text':
        return this.#text(template.parts, path);
      case 'array':
        return template.items.flatMap((item, index) => {
          const filled = this.value(item, [...path, String(index)]);
          // A list in a list's place is its items: `args: [--, "${{ inputs.files }}"]`.
          return item.kind === 'expression' && isJsonList(filled) ? filled : [filled];
        });
      case 'object':
        // From entries, so that a key such as __proto__ becomes a property like any other.
        return Object.fromEntries(template.entries.map(([key, item]) => [key, this.value(item, [...path, key])]));
      default:
        return assertNever(template);
    }
  }

  /** A field that is one expression: truth values and numbers stay what they are, a list becomes a list of texts. */
  #whole(expression: EvaluatedExpression, path: readonly string[]): Json {
    const value = this.#take(expression);
    if (typeof value === 'boolean' || typeof value === 'number') return value;
    if (!isJsonList(value) || this.#rules.lists === 'refused') {
      return this.#quoted(expression, this.#secretName(value, path), { path });
    }
    return value.map((item, index) => {
      const place = [...path, String(index)];
      return this.#quoted(expression, this.#secretName(item, place), { path: place });
    });
  }

  /**
   * The name of the secret whose placeholder the value is, where an entry lists secrets. Only the step's own `secrets.X` can have put
   * a placeholder of this invocation there; with other text around it, it is a text like any other and names none.
   */
  #secretName(value: Json, path: readonly string[]): Json {
    const { secrets } = this.#rules;
    if (secrets === undefined || typeof value !== 'string') return value;
    if (path.length < 2 || !secretLists.has(path[0] ?? '')) return value;
    const [name] = secrets.mentioned(value);
    return name !== undefined && secrets.placeholder(name) === value ? name : value;
  }

  #text(parts: readonly (string | EvaluatedExpression)[], path: readonly string[]): string {
    return parts.reduce<string>((before, part, index) => {
      if (typeof part === 'string') return before + part;
      const next = parts[index + 1];
      const place = { path, before, after: typeof next === 'string' ? next : '' };
      return before + this.#quoted(part, this.#take(part), place);
    }, '');
  }

  #take(expression: EvaluatedExpression): Json {
    if (expression.value === null)
      throw new Stopped({ kind: 'dropped', why: `\`${expression.source}\` was not given` });
    this.given.push(expression);
    return expression.value;
  }

  #quoted(expression: EvaluatedExpression, value: Json, place: Place): string {
    if (typeof value === 'object' && value !== null) throw refused(expression, 'is not a text');
    const text = toText(value);
    const { path, before = '', after = '' } = place;
    if (text === '' && (before.endsWith('*') || after.startsWith('*'))) {
      throw refused(expression, `can't be empty beside the \`*\` in \`${path.join('.')}\``);
    }
    const quoted = this.#capability.quote(text, path, before);
    if ('text' in quoted) return quoted.text;
    throw new Stopped({
      kind: 'refused',
      problem: `${quoted.problem}; ${shownGiven([expression])}`,
      at: expression.at,
    });
  }
}

/** Where a value is put: the field, and the text right before and after it there. */
interface Place {
  readonly path: readonly string[];
  readonly before?: string;
  readonly after?: string;
}

function refused(expression: EvaluatedExpression, what: string): Stopped {
  const { source, value, at } = expression;
  return new Stopped({ kind: 'refused', problem: `\`${source}\` ${what}: it gives ${shown(value)}`, at });
}
