import type { NodeDescription } from '../api.ts';
import { quote } from '../quote.ts';
import type { Report, Span } from '../source/report.ts';

/**
 * Warns of a plugin of somebody else's that `uses:` names by a version: the agent that runs the step may have other bytes under it.
 * Nodes that come with Waterflow change with it alone, a plugin beside the workflow file changes with the repository, and an exact version
 * that a lockfile has stays what it is.
 */
export function checkPin(
  { node, pinned }: { readonly node: NodeDescription; readonly pinned?: true },
  { uses, usesSpan }: { readonly uses: string; readonly usesSpan: Span },
  report: Report,
): void {
  if (node.origin !== 'installed' || pinned === true || /@sha256:/.test(uses)) return;
  const name = uses.split('@', 1)[0] ?? uses;
  report.warning(usesSpan, {
    code: 'UNPINNED_PLUGIN',
    message: `${quote(uses)} is whatever plugin the agent has under that name and version`,
    remedy: `Name its bytes, as in \`${name}@sha256:…\`, or exactly a version that waterflow.lock has, so that no other ones run.`,
  });
}
