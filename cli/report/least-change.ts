import { stringify } from 'yaml';
import type { Change } from '../../runtime/grants/index.ts';
import { assertNever } from '../../schemas/index.ts';
import { plainLine } from './text.ts';

/** What would have to change in a layer for a call to be allowed: what to do, and the lines of YAML to add, none where nothing is. */
export interface ChangeInWords {
  readonly todo: string;
  readonly lines: readonly string[];
}

/** A change in words. `plugin`: its name, for the policy's rule; `uses`: as the step names it. */
export function changeInWords(
  change: Change,
  { plugin, uses }: { readonly plugin: string; readonly uses: string },
): ChangeInWords {
  switch (change.kind) {
    case 'by hand':
      return { todo: plainLine(change.why), lines: [] };
    case 'remove deny': {
      const place = plainLine(change.rule.place);
      return { todo: `narrow or remove the deny rule at ${place}; it wins over every other`, lines: [] };
    }
    case 'add entry': {
      const list = change.layer === 'policy' ? '`rules:`' : '`permissions:`';
      const approve = change.approving ? `approve the plugin by --approve ${plainLine(uses)}, or ` : '';
      const text = stringify(snippetOf(plugin, change), { lineWidth: 0 }).trimEnd();
      return { todo: `${approve}add to ${list}`, lines: text.split('\n').map((line) => plainLine(line)) };
    }
    default:
      return assertNever(change);
  }
}

/** The entry as it stands in that layer's file. A manifest's has the author's reason, which nobody else can write. */
function snippetOf(plugin: string, change: Extract<Change, { kind: 'add entry' }>): unknown {
  const { layer, capability, entry } = change;
  if (layer === 'policy') return [{ plugin, allow: { [capability]: [entry] } }];
  return { [capability]: [layer === 'manifest' ? { ...entry, reason: 'why the plugin needs it' } : entry] };
}
