import type { Template } from '../../schemas/index.ts';
import type { Callable } from '../calls.ts';
import { quote } from '../quote.ts';
import { anyScalar, describe, holdsExpression } from '../tree/query.ts';
import { type CallEntries, checkNames } from './call-names.ts';
import { expectedTypes, readInputValue } from './inputs.ts';
import { asMapping, type Reading } from './reading.ts';
import { objectTemplate, type Place, readTemplate, reportExpressionInKey } from './templates.ts';

interface WithSurroundings {
  readonly place: Place;
  readonly callable: Callable | undefined;
}

/** `with` of a call -> what it gives, checked against what is taken where that is known. */
export function readWith(reading: Reading, { uses, with: given }: CallEntries, around: WithSurroundings): Template {
  const { place, callable } = around;
  const mapping =
    given === undefined
      ? undefined
      : asMapping(reading, given.value, { subject: '`with`', remedy: 'Write `name: value` below it, or remove it.' });
  const entries = mapping?.entries ?? [];
  if (callable !== undefined) {
    const { misspelt } = checkNames(reading, entries, { what: 'input', names: Object.keys(callable.inputs) });
    for (const { key, value } of entries) {
      const input = Object.hasOwn(callable.inputs, key) ? callable.inputs[key] : undefined;
      if (input !== undefined) checkValue(reading, { name: key, input, node: value });
    }
    const isReadable = given === undefined || mapping !== undefined;
    for (const [name, input] of Object.entries(isReadable ? callable.inputs : {})) {
      if (!input.required || input.default !== undefined) continue;
      if (misspelt.has(name) || entries.some(({ key }) => key === name)) continue;
      reading.report.error(uses.value.span, {
        code: 'MISSING_INPUT',
        message: `the called workflow needs the input ${quote(name)}`,
        remedy: `Add ${quote(`${name}:`)} under \`with\`${about(input.description)}.`,
        ...(given === undefined ? {} : { within: given.value.span }),
      });
    }
  }
  return objectTemplate(
    entries.map((entry) => {
      reportExpressionInKey(reading, entry);
      return [entry.key, readTemplate(reading, entry.value, place)] as const;
    }),
  );
}

function about(description: string | undefined): string {
  return description === undefined ? '' : `: ${description.replace(/\.$/, '')}`;
}

/** A value that is written out must be of the input's type; of one with expressions only its kind is known. */
function checkValue(reading: Reading, found: Parameters<typeof readInputValue>[1]): void {
  const { input, node, name } = found;
  if (!anyScalar(node, holdsExpression)) {
    readInputValue(reading, found);
    return;
  }
  if (input.type === 'json' || node.kind === 'scalar') return;
  const expected = expectedTypes[input.type];
  reading.report.error(node.span, {
    code: 'WRONG_TYPE',
    message: `the input ${quote(name)} must be ${expected}, and this is ${describe(node)}`,
    remedy: `Give ${expected}; for more, declare the input with \`type: json\`.`,
  });
}
