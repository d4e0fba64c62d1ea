import { isMap, isScalar } from 'yaml';
import { parseExpression } from '../expressions/parse.ts';
import { expressionScopes } from '../expressions/scopes.ts';
import { splitText } from '../expressions/template.ts';
import { quote } from '../quote.ts';
import { applyRules, keep, type MappingField, remove, scalarText, without } from './mapping.ts';
import type { ImportRecord } from './record.ts';

/** `environment` of a job: the name and the address. What protects it at GitHub stands in its settings, not in the file. */
export function importEnvironment({ value, place }: MappingField, record: ImportRecord): void {
  if (!isMap(value) && !isScalar(value)) return;
  if (isMap(value)) {
    const deployment = without({ outcome: 'dropped', message: 'there are no deployments to record' });
    const rules = { name: keep, url: importUrl, deployment };
    applyRules({ map: value, path: place.path }, { what: 'an environment', rules }, record);
  }
  record.add(place, {
    outcome: 'todo',
    message: "what GitHub's settings say of an environment is not in the file: who must approve, variables, secrets",
    remedy: 'Add `approval:` where somebody must approve; give variables by `--var` and secrets by `--secret`.',
  });
}

/** An address that the job's steps decide is not known when the job is approved. */
function importUrl(field: MappingField, record: ImportRecord): void {
  const text = scalarText(field.value) ?? '';
  const context = splitText(text).flatMap((segment) => {
    if (segment.kind !== 'expression') return [];
    const parsed = parseExpression(text.slice(segment.start, segment.end));
    return 'problem' in parsed ? [] : parsed.expression.accesses.map((access) => access.context.name.toLowerCase());
  });
  const later = context.find((name) => name !== 'github' && !known.has(name));
  if (later === undefined) return;
  remove(field, record, {
    outcome: 'todo',
    message: `an address that reads ${quote(later)} is not known yet: it is evaluated before the job's steps`,
    remedy: 'Write an address of inputs and variables, or print the address in a step.',
  });
}

const known: ReadonlySet<string> = new Set(expressionScopes.job.contexts);
