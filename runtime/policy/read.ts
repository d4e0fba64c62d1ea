import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { PolicyFile } from '../../schemas/generated/policy.ts';
import policySchema from '../../schemas/policy.schema.json' with { type: 'json' };
import { isJsonObject, type JsonObject, parseDuration, parseSize, type WaterflowError } from '../../schemas/index.ts';
import { capabilities, grantableCapabilities } from '../capabilities/table.ts';
import { checkSchema } from '../documents/schema-check.ts';
import {
  type DocumentPath,
  inFileOrder,
  type Problem,
  readYamlDocument,
  type YamlDocument,
} from '../documents/yaml-document.ts';
import { checkEntry } from '../grants/entries.ts';
import type { Policy } from './api.ts';
import { checkSelector } from './selector.ts';
import { checkWhen } from './when.ts';

/** Text of a policy file -> policy, or all that is wrong with it (POLICY_INVALID with line and column). */
export function readPolicy(
  text: string,
  file: string,
): { readonly policy: Policy } | { readonly errors: readonly WaterflowError[] } {
  const read = readYamlDocument(text, { file, code: 'POLICY_INVALID' });
  if ('errors' in read) return read;
  const { document } = read;
  const misfits = checkSchema(policySchema, document.value);
  if (misfits.length > 0) {
    return { errors: inFileOrder(misfits.map((misfit) => document.error(misfit, misfit))) };
  }
  // The schema, from which PolicyFile is made, fits.
  const content = document.value as unknown as PolicyFile;
  const errors = content.rules.flatMap((_rule, index) => checkRule(document, content, index));
  if (errors.length > 0) return { errors: inFileOrder(errors) };
  const lines = content.rules.map(
    (_rule, index) => document.error({ path: ['rules', index], part: 'value' }, nowhere).line ?? 1,
  );
  return { policy: { file, content, lines } };
}

const nowhere: Problem = { message: '', remedy: '' };

function checkRule(document: YamlDocument, content: PolicyFile, index: number): readonly WaterflowError[] {
  const rule = content.rules[index];
  if (rule === undefined) return [];
  const at = (path: DocumentPath, message: string, remedy: string): WaterflowError =>
    document.error({ path: ['rules', index, ...path], part: 'value' }, { message, remedy });
  const errors: WaterflowError[] = [];
  const selector = checkSelector(rule.plugin);
  if (selector !== undefined) {
    errors.push(
      at(
        ['plugin'],
        `plugin: ${selector}`,
        'Write a name, a pattern such as `acme-*`, a digest, `built-in` or `approved`.',
      ),
    );
  }
  const condition = rule.when === undefined ? undefined : checkWhen(rule.when);
  if (condition !== undefined) errors.push(at(['when'], `when: ${condition}`, 'Correct the condition.'));
  if (rule.limits?.timeout !== undefined && !positive(parseDuration(rule.limits.timeout))) {
    errors.push(
      at(['limits', 'timeout'], `\`${rule.limits.timeout}\` is no duration`, 'Write one as 60s, 1h30m or PT5M.'),
    );
  }
  if (rule.limits?.memory !== undefined && !positive(parseSize(rule.limits.memory))) {
    errors.push(at(['limits', 'memory'], `\`${rule.limits.memory}\` is no size`, 'Write one as 64MiB.'));
  }
  for (const part of ['allow', 'deny'] as const) {
    const entries = rule[part];
    // The schema leaves only objects of arrays of objects here, all JSON.
    if (typeof entries === 'object')
      errors.push(...checkEntries(document, ['rules', index, part], entries as JsonObject));
  }
  return errors;
}

/** Permission entries by capability: each known, each in its capability's form. Shared with nothing: a manifest has reasons. */
function checkEntries(document: YamlDocument, path: DocumentPath, entries: JsonObject): readonly WaterflowError[] {
  return Object.entries(entries).flatMap(([name, list]) => {
    const problem = capabilityProblem(name);
    if (problem !== undefined) return [document.error({ path: [...path, name], part: 'key' }, problem)];
    const capability = capabilities.get(name);
    if (capability === undefined || !Array.isArray(list)) return [];
    return list.flatMap((entry: unknown, index) => {
      const given = entry as JsonObject;
      if (!isJsonObject(given)) return [];
      return checkEntry(capability, given).map((misfit) =>
        document.error(
          { path: [...path, name, index, ...misfit.path], part: misfit.part },
          {
            message: `${name}[${index}]: ${misfit.message}`,
            remedy: misfit.remedy,
          },
        ),
      );
    });
  });
}

/** What is wrong with a capability's name in permissions, or undefined. */
export function capabilityProblem(name: string): Problem | undefined {
  const names = grantableCapabilities.map((capability) => capability.name);
  if (names.includes(name)) return undefined;
  if (capabilities.has(name)) {
    return { message: `\`${name}\` is always there and takes no permission entries`, remedy: 'Remove it.' };
  }
  const guess = didYouMean(name, names);
  return {
    message: `unknown capability \`${name}\``,
    remedy: guess === undefined ? `There are ${names.join(', ')}.` : `Did you mean \`${guess}\`?`,
  };
}

function positive(value: number | undefined): boolean {
  return value !== undefined && value > 0;
}
