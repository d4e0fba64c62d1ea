import type { JsonObject, Template } from '../../schemas/index.ts';
import type { NodeDescription } from '../api.ts';
import { type SchemaCheck, schemaProblems } from '../check/value-schema.ts';
import { quote } from '../quote.ts';
import type { Span } from '../source/report.ts';
import { nearest, suggestKey } from '../suggest.ts';
import type { MappingEntry } from '../tree/node.ts';
import { warnOfSecretOnCommandLine } from './command-line-secrets.ts';
import { checkControlInput, checkSleep } from './control-inputs.ts';
import { controlNodeOf, inputMeant } from './control-node.ts';
import type { Reading } from './reading.ts';
import { objectTemplate, type Place, readTemplate, reportExpressionInKey } from './templates.ts';

/** What a step gives its node, and the node, where the catalogue has it. */
export interface GivenInputs {
  readonly entries: readonly MappingEntry[];
  readonly node: NodeDescription | undefined;
  /** The value of `uses`, or the key `run`: where a missing input is reported. */
  readonly usesSpan: Span;
  /** The whole step, in which a missing input would be. */
  readonly stepSpan: Span;
  /** The keys of the step itself. */
  readonly beside: readonly string[];
}

/** Checks what a step gives its node against the node's inputs -> an object template. */
export function readInputs(reading: Reading, given: GivenInputs, place: Place): Template {
  if (given.node !== undefined) {
    checkInputNames(reading, given, given.node);
    if (controlNodeOf(given.node) === 'sleep') checkSleep(reading, given);
    for (const entry of given.entries) checkInputValue(reading, entry, given.node);
  }
  return objectTemplate(
    given.entries.map((entry) => {
      reportExpressionInKey(reading, entry);
      const onExpression: Place['onExpression'] = (checked, expression) => {
        place.onExpression?.(checked, expression);
        warnOfSecretOnCommandLine(reading, { input: entry.key, expression, checked });
      };
      return [entry.key, readTemplate(reading, entry.value, { ...place, onExpression })] as const;
    }),
  );
}

function checkInputValue(reading: Reading, { key, value }: MappingEntry, node: NodeDescription): void {
  if (inputOf(node, key) === undefined) return;
  const problems = schemaProblems(value, checkOf(reading, node, key));
  for (const { span, ...finding } of problems) reading.report.error(span, finding);
  if (problems.length === 0 && node.runtime === 'control') checkControlInput(reading, key, value);
}

function inputOf(node: NodeDescription, key: string): JsonObject | undefined {
  return Object.hasOwn(node.inputs, key) ? node.inputs[key] : undefined;
}

/** Reports the inputs that a node doesn't have, and those that it needs and isn't given. */
export function checkInputNames(reading: Reading, given: GivenInputs, node: NodeDescription): void {
  const names = Object.keys(node.inputs);
  const misspelt = new Set<string>();
  for (const entry of given.entries) {
    // A key that holds an expression is reported as such.
    if (inputOf(node, entry.key) !== undefined || entry.key.includes('${{')) continue;
    const meant = inputMeant(node, entry.key) ?? nearest(entry.key, names);
    if (meant !== undefined) misspelt.add(meant);
    reportUnknownInput(reading, entry, { node, given });
  }
  for (const [name, schema] of Object.entries(node.inputs)) {
    if (schema['required'] !== true || misspelt.has(name) || given.entries.some(({ key }) => key === name)) continue;
    // One that stands beside `with` is reported there.
    if (given.beside.includes(name)) continue;
    const description = schema['description'];
    const about = typeof description === 'string' ? `: ${description.replace(/\.$/, '')}` : '';
    reading.report.error(given.usesSpan, {
      code: 'MISSING_INPUT',
      message: `${quote(node.uses)} needs the input ${quote(name)}`,
      remedy: `Add ${quote(`${name}:`)} under \`with\`${about}.`,
      within: given.stepSpan,
    });
  }
}

function reportUnknownInput(
  reading: Reading,
  { key, keySpan, value }: MappingEntry,
  { node, given }: { readonly node: NodeDescription; readonly given: GivenInputs },
): void {
  const names = Object.keys(node.inputs);
  const finding = { code: 'UNKNOWN_INPUT', message: `${quote(node.uses)} has no input ${quote(key)}` } as const;
  const meant = inputMeant(node, key);
  if (meant === undefined) {
    reading.report.error(keySpan, { ...finding, ...suggestKey(key, { names, given: given.entries }) });
    return;
  }
  // Another word for the same, where the value is of that kind.
  const isGiven = given.entries.some((entry) => entry.key === meant);
  const fits = !isGiven && schemaProblems(value, checkOf(reading, node, meant)).length === 0;
  reading.report.error(keySpan, {
    ...finding,
    remedy: `Did you mean ${quote(meant)}? Possible here: ${names.join(', ')}.`,
    ...(fits ? { meant } : {}),
  });
}

function checkOf(reading: Reading, node: NodeDescription, name: string): SchemaCheck {
  return { schema: inputOf(node, name) ?? {}, subject: `the input ${quote(name)}`, match: reading.matchPattern };
}
