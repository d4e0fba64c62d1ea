import { evaluateExpression, parseTemplate, toText } from '../../dsl/expressions/index.ts';
import { assertNever, type ExpressionSource, type Json, type JsonObject, type Template } from '../../schemas/index.ts';
import type { Capability } from '../capabilities/capability.ts';

/**
 * An entry with its expressions replaced. `dropped`: it reads an input that wasn't given, so it holds for nothing;
 * `refused`: a value can't stand where the entry puts it.
 */
export type Filled =
  | { readonly kind: 'filled'; readonly entry: JsonObject; readonly substituted: boolean }
  | { readonly kind: 'dropped'; readonly why: string }
  | { readonly kind: 'refused'; readonly problem: string };

/** Puts the plugin's inputs into an entry. Each result stands for exactly itself: the capability's grammar quotes it. */
export function fillEntry(entry: JsonObject, capability: Pick<Capability, 'quote'>, inputs: JsonObject): Filled {
  const filling = new Filling(capability, inputs);
  try {
    const filled = filling.value(entry, []);
    // fillObject() keeps an object an object.
    return { kind: 'filled', entry: filled as JsonObject, substituted: filling.substituted };
  } catch (cause) {
    if (cause instanceof Stopped) return cause.outcome;
    throw cause;
  }
}

/** Whether a string of an entry holds an expression, so that only its filled form can be checked. */
export function holdsExpression(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${{');
}

/** Ends the walk through an entry; caught by fillEntry() alone. */
class Stopped extends Error {
  readonly outcome: Exclude<Filled, { readonly kind: 'filled' }>;

  constructor(outcome: Exclude<Filled, { readonly kind: 'filled' }>) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

class Filling {
  substituted = false;
  readonly #capability: Pick<Capability, 'quote'>;
  readonly #inputs: JsonObject;

  constructor(capability: Pick<Capability, 'quote'>, inputs: JsonObject) {
    this.#capability = capability;
    this.#inputs = inputs;
  }

  value(value: Json, path: readonly string[]): Json {
    if (typeof value === 'string') return holdsExpression(value) ? this.#text(value, path) : value;
    if (Array.isArray(value)) {
      return value.flatMap((item, index) => {
        const filled = this.value(item, [...path, String(index)]);
        // A list in a list's place is its items: `args: [--, "${{ inputs.files }}"]`.
        return Array.isArray(filled) && !Array.isArray(item) ? filled : [filled];
      });
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.value(item, [...path, key])]));
  }

  #text(text: string, path: readonly string[]): Json {
    const { template, diagnostics } = parsedTemplate(text);
    const [problem] = diagnostics;
    if (problem !== undefined) throw new Stopped({ kind: 'refused', problem: problem.message });
    switch (template.kind) {
      case 'literal':
        return template.value;
      case 'expression':
        return this.#whole(template.expression, path);
      case 'text':
        return template.parts
          .map((part) => (typeof part === 'string' ? part : this.#quoted(toText(this.#result(part)), path)))
          .join('');
      case 'array':
      case 'object':
        throw new TypeError("a text can't be a collection of templates");
      default:
        return assertNever(template);
    }
  }

  /** A field that is one expression: truth values and numbers stay what they are, a list becomes a list of texts. */
  #whole(expression: ExpressionSource, path: readonly string[]): Json {
    const value = this.#result(expression);
    if (typeof value === 'boolean' || typeof value === 'number') return value;
    if (!Array.isArray(value)) return this.#quoted(toText(value), path);
    return value.map((item: Json, index) => {
      this.#requireScalar(item, expression);
      return this.#quoted(toText(item), [...path, String(index)]);
    });
  }

  #result(expression: ExpressionSource): Json {
    const evaluation = evaluateExpression(expression, { contexts: { inputs: this.#inputs } });
    if ('error' in evaluation) throw new Stopped({ kind: 'refused', problem: evaluation.error.message });
    this.substituted = true;
    if (evaluation.ok === null) throw new Stopped({ kind: 'dropped', why: `\`${expression.source}\` was not given` });
    if (!Array.isArray(evaluation.ok)) this.#requireScalar(evaluation.ok, expression);
    return evaluation.ok;
  }

  #requireScalar(value: Json, expression: ExpressionSource): void {
    if (typeof value !== 'object' || value === null) return;
    throw new Stopped({ kind: 'refused', problem: `\`${expression.source}\` is not a text` });
  }

  #quoted(text: string, path: readonly string[]): string {
    const quoted = this.#capability.quote(text, path);
    if ('problem' in quoted) throw new Stopped({ kind: 'refused', problem: quoted.problem });
    return quoted.text;
  }
}

/** Parsed once per text: entries are few and filled for every invocation. */
const templates = new Map<string, ReturnType<typeof parseTemplate>>();
const maxTemplates = 4096;

function parsedTemplate(text: string): {
  readonly template: Template;
  readonly diagnostics: readonly { message: string }[];
} {
  let parsed = templates.get(text);
  if (parsed === undefined) {
    // Positions come from the manifest's check; here the text is known to parse.
    parsed = parseTemplate(text, (offset) => ({ file: 'permissions', line: 1, column: offset + 1 }));
    if (templates.size >= maxTemplates) templates.clear();
    templates.set(text, parsed);
  }
  return parsed;
}
