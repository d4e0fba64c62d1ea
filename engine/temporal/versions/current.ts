import type { Deployment } from './deployment.ts';
import { compareReleases } from './version.ts';

/** What a process knows of versions when it decides whether new runs go to its own. */
export interface Standing {
  readonly own: { readonly id: string; readonly release: string };
  readonly deployment: Deployment;
  /** Of the current version. */
  readonly currentRelease?: string;
  /** The process has just come. What is changed later, by an operator say, it leaves. */
  readonly isStarting: boolean;
  /** The versions that have workers at the moment. */
  readonly served: ReadonlySet<string>;
}

/**
 * Whether a process makes its version current, and why.
 * `newer`: its release is, or of the same release its workflows came later. `deserted`: nobody serves the current one. An older process never takes
 * new runs from a newer one that is there, however often it starts.
 */
export type Verdict = 'is current' | 'first' | 'newer' | 'deserted' | 'unknown yet' | 'left to others';

/** Decides it. */
export function verdictOf({ own, deployment, currentRelease, isStarting, served }: Standing): Verdict {
  const { current, isRamping, versions } = deployment;
  const known = versions.find(({ id }) => id === own.id);
  if (known === undefined) return 'unknown yet';
  if (current === own.id) return 'is current';
  // Somebody ramps by hand.
  if (isRamping) return 'left to others';
  if (current === undefined) return 'first';
  if (!served.has(current)) return 'deserted';
  if (!isStarting) return 'left to others';
  const order = currentRelease === undefined ? 0 : compareReleases(own.release, currentRelease);
  if (order !== 0) return order > 0 ? 'newer' : 'left to others';
  const since = versions.find(({ id }) => id === current)?.since ?? 0;
  return known.since > since ? 'newer' : 'left to others';
}
