import type { RefusedCall, RefusedCalls } from './record.ts';
import type { Style } from './style.ts';
import { countText, plainLine } from './text.ts';

/** Calls that the same rule refused, for the same reason. */
interface Group {
  readonly rule: string;
  readonly remedy: string | undefined;
  readonly calls: RefusedCall[];
}

/** Every refused host call by step: what was asked for, the layer and rule that refused it, and the remedy. */
export function renderRefusals(
  refused: readonly RefusedCalls[],
  { style, titleOf }: { readonly style: Style; readonly titleOf: (job: string, step: string) => string },
): readonly string[] {
  return refused.flatMap((step) => [
    '',
    `${style.symbol('failure')} ${style.bold(titleOf(step.job, step.step))}  ${countText(step.count, 'host call')} refused`,
    ...groupsOf(step.calls).flatMap((group) => renderGroup(group, style)),
    ...(step.count > step.calls.length ? [`  and ${step.count - step.calls.length} more`] : []),
  ]);
}

function groupsOf(calls: readonly RefusedCall[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const call of calls) {
    const rule = call.rule ?? call.decision;
    const key = JSON.stringify([rule, call.remedy]);
    const group = groups.get(key) ?? { rule, remedy: call.remedy, calls: [] };
    group.calls.push(call);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function renderGroup({ rule, remedy, calls }: Group, style: Style): readonly string[] {
  return [
    ...calls.map((call) =>
      // Both names are the guest's own words, too, where there is no such call.
      `  ${style.status('failure', plainLine(`${call.capability}.${call.operation}`))}  ${subjectOf(call)}`.trimEnd(),
    ),
    `    refused by: ${plainLine(rule)}`,
    ...(remedy === undefined ? [] : [style.dim(`    remedy: ${plainLine(remedy)}`)]),
  ];
}

function subjectOf({ subject, operation, capability }: RefusedCall): string {
  const text = plainLine(subject);
  // Most subjects begin with their operation, which stands before them already.
  const repeated = [`${capability} ${operation}`, operation].find(
    (word) => text === word || text.startsWith(`${word} `),
  );
  return repeated === undefined ? text : text.slice(repeated.length).trimStart();
}
