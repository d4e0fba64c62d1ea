import { evaluateApart, parseTemplate } from '../../dsl/expressions/index.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, type Template } from '../../schemas/index.ts';
import type { Capability } from '../capabilities/capability.ts';
import type { GrantRequest } from './api.ts';
import { type Filled, fillEvaluated } from './filling.ts';

/** What entries are filled with: inputs, and the vault that knows which of them are secrets. */
export type GivenInputs = Pick<GrantRequest, 'inputs' | 'secrets'>;

/** Puts the plugin's inputs into an entry of a manifest or a policy. */
export function fillEntry(
  entry: JsonObject,
  capability: Pick<Capability, 'quote'>,
  { inputs, secrets }: GivenInputs,
): Filled {
  const read = templateOfEntry(entry);
  if ('problem' in read) return { kind: 'refused', problem: read.problem };
  const evaluated = evaluateApart(read.template, { contexts: { inputs } });
  if ('error' in evaluated) return { kind: 'refused', problem: evaluated.error.message };
  return fillEvaluated(evaluated.ok, capability, { lists: 'items', ...(secrets === undefined ? {} : { secrets }) });
}

/** Whether a string of an entry holds an expression, so that only its filled form can be checked. */
export function holdsExpression(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${{');
}

type Read = { readonly template: Template } | { readonly problem: string };

/** An entry, or a part of one, with its expressions apart. */
export function templateOfEntry(value: Json): Read {
  if (typeof value === 'string' && holdsExpression(value)) return parsedText(value);
  if (isJsonList(value)) {
    const items = allOf(value.map(templateOfEntry));
    return 'problem' in items ? items : { template: { kind: 'array', items: items.templates } };
  }
  if (!isJsonObject(value)) return { template: { kind: 'literal', value } };
  const keys = Object.keys(value);
  const values = allOf(Object.values(value).map(templateOfEntry));
  if ('problem' in values) return values;
  const literal: Template = { kind: 'literal', value: null };
  return {
    template: { kind: 'object', entries: keys.map((key, index) => [key, values.templates[index] ?? literal] as const) },
  };
}

function allOf(read: readonly Read[]): { readonly templates: readonly Template[] } | { readonly problem: string } {
  const templates: Template[] = [];
  for (const each of read) {
    if ('problem' in each) return each;
    templates.push(each.template);
  }
  return { templates };
}

/** Parsed once per text: entries are few and filled for every invocation. */
const texts = new Map<string, Read>();
const maxTexts = 4096;

function parsedText(text: string): Read {
  const known = texts.get(text);
  if (known !== undefined) return known;
  // Positions come from the manifest's check; here the text is known to parse.
  const { template, diagnostics } = parseTemplate(text, (offset) => ({
    file: 'permissions',
    line: 1,
    column: offset + 1,
  }));
  const [problem] = diagnostics;
  const read: Read = problem === undefined ? { template } : { problem: problem.message };
  if (texts.size >= maxTexts) texts.clear();
  texts.set(text, read);
  return read;
}
