import { splitPath } from '../path.ts';
import { maxDepth } from '../workspace.ts';

/** Where an archive's entry belongs, below the folder that it is unpacked into. */
export type EntryPlace =
  | { readonly kind: 'place'; readonly names: readonly string[] }
  /** The archive's root, or something that `strip` takes away as a whole. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'refused'; readonly why: string };

/** The longest text of a link; Linux's own limit. */
const maxTargetLength = 4096;

/** Reads the name of an entry: relative, without `..`, not too deep; the first `strip` names fall away. */
export function entryPlace(name: string, strip: number): EntryPlace {
  // What isn't UTF-8 was read as this character: a name that the archive doesn't have.
  if (name.includes('\uFFFD')) return { kind: 'refused', why: 'its name is not UTF-8' };
  const split = splitPath(name);
  if ('problem' in split) return { kind: 'refused', why: split.problem };
  if (split.names.length > maxDepth) return { kind: 'refused', why: `it lies more than ${maxDepth} folders deep` };
  const names = split.names.slice(strip);
  return names.length === 0 ? { kind: 'skipped' } : { kind: 'place', names };
}

/**
 * Why a link at `names` could lead out of the unpacked folder; undefined where it can't. `..` may only stand at the target's
 * beginning, where it counts from the link's own folder, which is a real one: behind a name, that name might be a link too, and
 * `a/..` would be wherever that one leads. So each link stays inside, and with it every chain of them.
 */
export function linkProblem(names: readonly string[], target: string): string | undefined {
  if (target === '') return 'it leads nowhere';
  if (target.length > maxTargetLength) return `its target is longer than ${maxTargetLength} characters`;
  if (target.includes('\0') || target.includes('\uFFFD')) return 'its target is no path';
  if (target.startsWith('/')) return `it leads to the absolute path \`${target}\``;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const firstName = steps.findIndex((step) => step !== '..');
  const ups = firstName < 0 ? steps.length : firstName;
  if (steps.slice(ups).includes('..')) return `its target \`${target}\` has \`..\` behind a name`;
  if (ups > names.length - 1) return `it leads out of the folder, to \`${target}\``;
  return undefined;
}
