import type { NodeCatalogue, NodeDescription } from '../api.ts';
import { didYouMean } from '../did-you-mean.ts';
import { quote } from '../quote.ts';
import type { Finding } from '../source/report.ts';
import { soleGuess } from '../suggest.ts';

/** Finds the node that `uses:` names, or says what is wrong with the name. */
export function findNode(
  catalogue: NodeCatalogue,
  uses: string,
): { readonly node: NodeDescription; readonly pinned?: true } | { readonly problem: Finding } {
  const formProblem = problemOfForm(uses, catalogue);
  if (formProblem !== undefined) return { problem: formProblem };
  const found = catalogue.find(uses);
  if ('node' in found) return found;
  if (found.remedy !== undefined) {
    const message = `${quote(uses)} can't be used: ${found.missing}`;
    const code = found.local === true ? 'LOCAL_PLUGIN' : 'PLUGIN_INVALID';
    return { problem: { code, message, remedy: found.remedy } };
  }
  return {
    problem: {
      code: 'PLUGIN_NOT_FOUND',
      message: `there is no node ${quote(uses)}: ${found.missing}`,
      remedy: remedyFor(uses, catalogue),
      ...meantNode(uses, catalogue),
    },
  };
}

function problemOfForm(uses: string, catalogue: NodeCatalogue): Finding | undefined {
  if (uses.startsWith('./') || uses.startsWith('../')) return undefined;
  if (/^[^@\s]+@[^@\s]+$/.test(uses)) return undefined;
  if (uses.includes('://')) {
    return {
      code: 'INVALID_VALUE',
      message: `${quote(uses)} is an address, and \`uses\` names a node`,
      remedy: `Write the name of an installed node, such as ${quote(catalogue.names()[0] ?? 'checkout@v1')}, or ./folder for a plugin beside the workflow file.`,
    };
  }
  const named = catalogue.names().find((name) => baseName(name) === uses);
  const versions = catalogue.names().filter((name) => baseName(name) === uses);
  return {
    ...(versions.length === 1 && versions[0] !== undefined ? { meant: versions[0] } : {}),
    code: 'INVALID_VALUE',
    message: `${quote(uses)} names no version of a node`,
    remedy: `Write ${quote(named ?? `${uses.split('@', 1)[0]}@v1`)}, or ./folder for a plugin beside the workflow file.`,
  };
}

/** A node of another owner, as in `actions/checkout@v4`, has other inputs: that it has our name is no reason to take it for ours. */
function meantNode(uses: string, catalogue: NodeCatalogue): { readonly meant?: string } {
  const meant = soleGuess(uses, catalogue.names());
  const isSlipOfName = meant !== undefined && uses.split('@')[1] === meant.split('@')[1];
  return isSlipOfName && !uses.startsWith('.') ? { meant } : {};
}

function remedyFor(uses: string, catalogue: NodeCatalogue): string {
  const names = catalogue.names();
  const meant = didYouMean(uses, names) ?? nearestByName(uses, names);
  if (uses.startsWith('.')) {
    const check = 'Check the path: it counts from the workflow file.';
    return meant === undefined ? check : `Did you mean ${quote(meant)}? ${check}`;
  }
  return meant === undefined
    ? 'Install the plugin that has it.'
    : `Did you mean ${quote(meant)}? Else install the plugin that has it.`;
}

/** `actions/checkout@v4` meant `checkout@v1`: the version and GitHub's owner say nothing here. */
function nearestByName(uses: string, names: readonly string[]): string | undefined {
  const base = baseName(uses);
  const meant = names.some((name) => baseName(name) === base) ? base : didYouMean(base, names.map(baseName));
  return meant === undefined ? undefined : names.find((name) => baseName(name) === meant);
}

function baseName(uses: string): string {
  return (uses.split('@', 1)[0] ?? '').split('/').at(-1) ?? '';
}
