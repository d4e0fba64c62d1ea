import type { Diagnostic } from '../../../schemas/index.ts';
import { inFileOrder, readYamlDocument } from '../../documents/yaml-document.ts';
import type { Policy } from '../api.ts';
import { constantConditions } from './conditions.ts';
import { shadowedRules } from './shadowed.ts';
import { type KnownPlugins, unmatchedRules } from './unmatched.ts';
import { wideRules } from './wide.ts';

export type { KnownPlugins } from './unmatched.ts';

/** What is right in a policy as such and probably not what was meant, each with its place in `text`, from which it was read. */
export function lintPolicy(policy: Policy, text: string, known: KnownPlugins): readonly Diagnostic[] {
  const read = readYamlDocument(text, { file: policy.file, code: 'POLICY_INVALID' });
  if ('errors' in read) throw new TypeError('a policy was read from a text that is none');
  const { document } = read;
  const { content } = policy;
  const site = { builtIn: known.builtIn, lineOf: (rule: number) => policy.lines[rule] ?? 1 };
  const findings = [
    ...unmatchedRules(content, known),
    ...constantConditions(content),
    ...shadowedRules(content, site),
    ...wideRules(content),
  ];
  const diagnostics = findings.map(({ path, code, severity, message, remedy }): Diagnostic => {
    const place = document.error({ path, part: 'value' }, { message, remedy });
    return { ...place, code, severity };
  });
  // Sorting keeps each what it was.
  return inFileOrder(diagnostics) as readonly Diagnostic[];
}
