import type { PolicyFile } from '../../schemas/generated/policy.ts';
import type { Permissions, WaterflowError } from '../../schemas/index.ts';
import policySchema from '../../schemas/policy.schema.json' with { type: 'json' };
import { type DocumentKind, readSchemaDocument } from '../documents/schema-document.ts';
import type { DocumentPath, YamlDocument } from '../documents/yaml-document.ts';
import { checkLimits, checkPermissions } from '../grants/check-document.ts';
import { entryName, type Policy } from './api.ts';
import { checkSelector } from './selector.ts';
import { checkWhen } from './when.ts';

const policyDocument: DocumentKind<PolicyFile> = {
  code: 'POLICY_INVALID',
  schema: policySchema,
  check: ({ document, content }) => [
    ...checkLimits(document, ['quotas', 'run'], content.quotas?.run),
    ...checkLimits(document, ['quotas', 'tenant'], content.quotas?.tenant),
    ...content.rules.flatMap((rule, index) => checkRule(document, ['rules', index], rule)),
  ],
};

/** Text of a policy file -> policy, or all that is wrong with it (POLICY_INVALID with line and column). */
export function readPolicy(
  text: string,
  file: string,
): { readonly policy: Policy } | { readonly errors: readonly WaterflowError[] } {
  const read = readSchemaDocument(text, file, policyDocument);
  if ('errors' in read) return read;
  const { document, content } = read;
  const lines = content.rules.map((_rule, index) => document.lineOf(['rules', index]));
  const quota_lines = {
    ...(content.quotas?.run === undefined ? {} : { run: document.lineOf(['quotas', 'run']) }),
    ...(content.quotas?.tenant === undefined ? {} : { tenant: document.lineOf(['quotas', 'tenant']) }),
  };
  return { policy: { file, content, lines, quota_lines, entry_lines: entryLines(document, content) } };
}

function entryLines(document: YamlDocument, content: PolicyFile): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  for (const [rule, { allow, deny }] of content.rules.entries()) {
    for (const [part, entries] of Object.entries({ allow, deny })) {
      if (typeof entries !== 'object') continue;
      for (const [capability, list] of Object.entries(entries)) {
        for (const index of list.keys()) {
          // Both are the names of this object's two fields.
          const name = entryName(rule, part as 'allow' | 'deny', { capability, index });
          lines.set(name, document.lineOf(['rules', rule, part, capability, index]));
        }
      }
    }
  }
  return lines;
}

function checkRule(
  document: YamlDocument,
  path: DocumentPath,
  rule: PolicyFile['rules'][number],
): readonly WaterflowError[] {
  const errors: WaterflowError[] = [];
  const wrong = (key: string, problem: string, remedy: string): void => {
    errors.push(document.error({ path: [...path, key], part: 'value' }, { message: `${key}: ${problem}`, remedy }));
  };
  const selector = checkSelector(rule.plugin);
  if (selector !== undefined) {
    wrong('plugin', selector, 'Write a name, a pattern such as `acme-*`, a digest, `built-in` or `approved`.');
  }
  const condition = rule.when === undefined ? undefined : checkWhen(rule.when);
  if (condition !== undefined) wrong('when', condition, 'Correct the condition.');
  errors.push(...checkLimits(document, [...path, 'limits'], rule.limits));
  for (const part of ['allow', 'deny'] as const) {
    const entries = rule[part];
    // The document is JSON, and the schema leaves only lists of objects here.
    if (typeof entries === 'object') {
      errors.push(...checkPermissions(document, [...path, part], entries as Permissions));
    }
  }
  return errors;
}
