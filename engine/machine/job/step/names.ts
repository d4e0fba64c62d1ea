import type { Json, PlannedStep, Template } from '../../../../schemas/index.ts';

/** Longer lines are cut where they serve as a name. */
const longestLine = 60;

/**
 * What a step is called that has no name: its id, else the first line of its script, else its node. It needs no evaluation, so
 * steps that never ran have it too.
 */
export function plainName(step: PlannedStep): string {
  if (step.name?.kind === 'literal' && typeof step.name.value === 'string') return step.name.value;
  if (step.id !== undefined) return step.id;
  const line = scriptOf(step.with)
    .split('\n')
    .map((text) => text.trim())
    .find((text) => text !== '');
  if (line === undefined) return step.uses;
  return line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`;
}

/** The text of `run:`, with its expressions as they are written. */
function scriptOf(inputs: Template): string {
  if (inputs.kind === 'object') {
    const script = inputs.entries.find(([key]) => key === 'script')?.[1];
    if (script?.kind === 'text') {
      return script.parts.map((part) => (typeof part === 'string' ? part : `\${{ ${part.source} }}`)).join('');
    }
    return script?.kind === 'literal' ? textIn(script.value) : '';
  }
  const value: Json = inputs.kind === 'literal' ? inputs.value : null;
  if (typeof value !== 'object' || value === null || !('script' in value)) return '';
  return textIn(value['script'] ?? null);
}

function textIn(value: Json): string {
  return typeof value === 'string' ? value : '';
}
