/** What manifests and policies have in common beyond their schemas: permissions and limits, checked where they stand in the file. */
import { didYouMean } from '../../dsl/did-you-mean.ts';
import { type Permissions, parseDuration, parseSize, type WaterflowError } from '../../schemas/index.ts';
import { capabilities, grantableCapabilities } from '../capabilities/table.ts';
import type { DocumentPath, Problem, YamlDocument } from '../documents/yaml-document.ts';
import { checkEntry } from './entries.ts';

/** Permission entries by capability, below `path`: each capability known, each entry in its capability's form. */
export function checkPermissions(
  document: YamlDocument,
  path: DocumentPath,
  permissions: Permissions,
): readonly WaterflowError[] {
  return Object.entries(permissions).flatMap(([name, entries]): readonly WaterflowError[] => {
    const problem = capabilityProblem(name);
    if (problem !== undefined) return [document.error({ path: [...path, name], part: 'key' }, problem)];
    const capability = capabilities.get(name);
    if (capability === undefined) return [];
    return entries.flatMap((entry, index) =>
      checkEntry(capability, entry).map((misfit) =>
        document.error(
          { path: [...path, name, index, ...misfit.path], part: misfit.part },
          { message: `${name}[${index}]: ${misfit.message}`, remedy: misfit.remedy },
        ),
      ),
    );
  });
}

/** What is wrong with a capability's name in permissions, or undefined. */
function capabilityProblem(name: string): Problem | undefined {
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

/** `limits:`, or a quota, at `path`: what is given must be a duration or a size, and more than nothing. */
export function checkLimits(
  document: YamlDocument,
  path: DocumentPath,
  limits:
    | { readonly timeout?: string; readonly memory?: string; readonly cpu?: string; readonly bytes?: string }
    | undefined,
): readonly WaterflowError[] {
  const { timeout, memory, cpu, bytes } = limits ?? {};
  const errors: WaterflowError[] = [];
  const wrong = (key: string, problem: Problem): void => {
    errors.push(document.error({ path: [...path, key], part: 'value' }, problem));
  };
  for (const [key, text] of Object.entries({ timeout, cpu })) {
    if (text === undefined || isPositive(parseDuration(text))) continue;
    wrong(key, { message: `\`${text}\` is no duration`, remedy: 'Write one as 60s, 1h30m or PT5M.' });
  }
  for (const [key, text] of Object.entries({ memory, bytes })) {
    if (text === undefined || isPositive(parseSize(text))) continue;
    wrong(key, { message: `\`${text}\` is no size`, remedy: 'Write one as 64MiB.' });
  }
  return errors;
}

function isPositive(value: number | undefined): boolean {
  return value !== undefined && value > 0;
}
