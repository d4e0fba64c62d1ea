import { createHash } from 'node:crypto';

/** All versions of the workflows are those of one deployment, as Temporal calls it. */
export const deploymentName = 'waterflow';

/** The workflows as one script. Its id is Temporal's build id: what carries runs out that began with the same script. */
export interface WorkflowVersion {
  readonly id: string;
  readonly code: string;
}

/** Workflows are the same where their code is; what maps it to its sources doesn't count, and may be left out. */
export function versionOf(code: string): WorkflowVersion {
  return { id: createHash('sha256').update(withoutSourceMap(code)).digest('hex').slice(0, idLength), code };
}

/** A script without the map to its sources, which is two thirds of it. */
export function withoutSourceMap(code: string): string {
  return code.replace(/\n\/\/# sourceMappingURL=[^\n]*\s*$/u, '\n');
}

/** Long enough that no two releases share it, and short enough to be read. */
const idLength = 16;

/** Negative where a release comes before another one, positive where after: `0.9.1` before `0.10.0-rc.1` before `0.10.0`. */
export function compareReleases(one: string, other: string): number {
  const [numbers, stage] = partsOf(one);
  const [otherNumbers, otherStage] = partsOf(other);
  for (const [index, number] of numbers.entries()) {
    const difference = number - (otherNumbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (stage === otherStage) return 0;
  if (stage === '' || otherStage === '') return stage === '' ? 1 : -1;
  return stage.localeCompare(otherStage, 'en', { numeric: true });
}

function partsOf(release: string): readonly [readonly number[], string] {
  const [numbers = '', ...stage] = release.split('-');
  return [numbers.split('.').map(Number), stage.join('-')];
}
