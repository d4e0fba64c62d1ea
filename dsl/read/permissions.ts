import { isJsonObject, type JsonObject, type PlannedPermissions } from '../../schemas/index.ts';
import { schemaProblems } from '../check/value-schema.ts';
import { quote } from '../quote.ts';
import type { Span } from '../source/report.ts';
import { suggestion } from '../suggest.ts';
import type { MappingNode, TreeNode } from '../tree/node.ts';
import { anyScalar, holdsExpression, toJson, valueAt } from '../tree/query.ts';
import { asMapping, type Reading, reportWrongType } from './reading.ts';
import { type Place, readTemplate } from './templates.ts';

/** `permissions:` -> what this layer narrows to. `{}` is a layer that grants nothing. */
export function readPermissions(reading: Reading, node: TreeNode, place: Place): PlannedPermissions | undefined {
  const mapping = asMapping(reading, node, {
    subject: '`permissions`',
    remedy: 'Write entries by capability, like `net: [{ url: "https://example.com/*" }]`, or `{}` to grant nothing.',
  });
  if (mapping === undefined) return undefined;
  const schemas = reading.catalogue.permissionSchemas();
  for (const { key, keySpan, value } of mapping.entries) {
    const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
    if (schema === undefined) {
      reading.report.error(keySpan, {
        code: 'UNKNOWN_KEY',
        message: `there is no capability ${quote(key)}`,
        ...(isTokenScope(value)
          ? {
              remedy: `Remove it: there is no token whose scopes could be narrowed, only capabilities: ${Object.keys(schemas).join(', ')}.`,
            }
          : suggestion(key, Object.keys(schemas))),
      });
    } else checkEntries(reading, value, { capability: key, schema });
  }
  return { entries: readTemplate(reading, mapping, place), at: reading.report.position(mapping.span.start) };
}

/** GitHub's `contents: read` and the like. */
function isTokenScope(node: TreeNode): boolean {
  return node.kind === 'scalar' && ['read', 'write', 'none'].includes(node.text);
}

function checkEntries(
  reading: Reading,
  node: TreeNode,
  { capability, schema }: { readonly capability: string; readonly schema: JsonObject },
): void {
  if (node.kind !== 'sequence') {
    reportWrongType(reading, node, {
      subject: `the capability ${quote(capability)}`,
      expected: 'a list of entries',
      remedy: `Write \`${capability}: [{ … }]\`, or \`${capability}: []\` for none.`,
    });
    return;
  }
  for (const item of node.items) {
    const subject = `an entry of ${quote(capability)}`;
    if (item.kind !== 'mapping') {
      reportWrongType(reading, item, { subject, expected: 'a mapping' });
      continue;
    }
    const entry = withoutReason(reading, item);
    const problems = schemaProblems(entry, { schema, subject, match: reading.matchPattern });
    for (const { span, ...finding } of problems) reading.report.error(span, finding);
    if (problems.length === 0) checkGrammar(reading, entry, capability);
  }
}

/** What a schema can't say: whether a URL pattern, a path pattern or an argument means anything. */
function checkGrammar(reading: Reading, entry: MappingNode, capability: string): void {
  const value = toJson(entry);
  // Where an expression stands, the agent reads the entry once its value is known.
  if (!isJsonObject(value) || anyScalar(entry, holdsExpression)) return;
  const problem = reading.catalogue.permissionProblem?.(capability, value);
  if (problem === undefined) return;
  reading.report.error(placeOfProblem(entry, problem), {
    code: 'INVALID_VALUE',
    message: `an entry of ${quote(capability)}: ${problem}`,
    remedy: 'Write the value in the form that the page on capabilities describes.',
  });
}

/** The value that a problem quotes, within the field that it names. */
function placeOfProblem(entry: MappingNode, problem: string): Span {
  const quoted = Array.from(problem.matchAll(/`([^`]*)`/g), ([, text = '']) => text);
  const field = valueAt(entry, /^[a-z0-9-]+/.exec(quoted[0] ?? '')?.[0] ?? '') ?? entry;
  let place: Span | undefined;
  anyScalar(field, (scalar) => {
    const isQuoted = quoted.some((text) => text.toLowerCase() === scalar.text.toLowerCase());
    if (isQuoted) place = scalar.span;
    return isQuoted;
  });
  return place ?? field.span;
}

/** Every layer may give a reason; the capability's schema doesn't know it. */
function withoutReason(reading: Reading, entry: MappingNode): MappingNode {
  const reason = entry.entries.find(({ key }) => key === 'reason');
  if (reason === undefined) return entry;
  if (reason.value.kind !== 'scalar' || typeof reason.value.value !== 'string') {
    reportWrongType(reading, reason.value, { subject: '`reason`', expected: 'a text' });
  }
  return { ...entry, entries: entry.entries.filter(({ key }) => key !== 'reason') };
}
