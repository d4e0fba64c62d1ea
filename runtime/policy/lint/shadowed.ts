import type { PolicyFile, Rule } from '../../../schemas/generated/policy.ts';
import { type JsonObject, sameJson } from '../../../schemas/index.ts';
import { capabilities } from '../../capabilities/table.ts';
import { withoutReason } from '../../grants/entries.ts';
import { requestedEntry } from '../../grants/prepared.ts';
import { coversEntry, coversSelector, forbidsEntry } from './covers.ts';
import { entriesIn, type Finding, pathOfEntry, type WrittenEntry } from './finding.ts';

/** What the check needs beside the policy. */
export interface ShadowSite {
  readonly builtIn: ReadonlySet<string>;
  /** The line of a rule. */
  readonly lineOf: (rule: number) => number;
}

/** Entries and rules that change nothing: another one allows all of it, or one forbids all of it. */
export function shadowedRules(policy: PolicyFile, site: ShadowSite): readonly Finding[] {
  return policy.rules.flatMap((rule, index) => {
    const entries = (['allow', 'deny'] as const).flatMap((part) =>
      entriesIn(rule, index, part).flatMap((entry) => shadowedEntry(policy, entry, site) ?? []),
    );
    return [...entries, ...shadowedRequest(policy, { rule, index }, site)];
  });
}

function shadowedEntry(policy: PolicyFile, written: WrittenEntry, site: ShadowSite): Finding | undefined {
  const { part, entry, capability } = written;
  const rule = policy.rules[written.rule];
  if (rule === undefined) return undefined;
  const others = policy.rules.flatMap((other, index) =>
    isAsWide(other, rule, site.builtIn) ? [{ other, index }] : [],
  );
  if (part === 'allow') {
    const forbidding = others.find(({ other, index }) =>
      entriesIn(other, index, 'deny').some(
        (deny) => deny.capability === capability && forbidsEntry(capability, deny.entry, entry),
      ),
    );
    if (forbidding !== undefined) {
      return shadowed(written, `the deny of line ${site.lineOf(forbidding.index)} forbids all of it`);
    }
    const requesting = others.find(({ other, index }) => other.allow === 'requested' && index !== written.rule);
    if (requesting !== undefined && isGivenAsRequested(capability, entry)) {
      return shadowed(written, `line ${site.lineOf(requesting.index)} allows all that is requested already`);
    }
  }
  for (const { other, index } of others) {
    const covering = entriesIn(other, index, part).find((candidate) => covers(candidate, written));
    if (covering !== undefined) {
      const same = part === 'allow' ? 'allows' : 'forbids';
      return shadowed(
        written,
        `\`${part}.${capability}[${covering.index}]\` of line ${site.lineOf(index)} ${same} it already`,
      );
    }
  }
  return undefined;
}

/** Whether `allow: requested` leaves nothing of the entry off, were it a manifest's. */
function isGivenAsRequested(name: string, entry: JsonObject): boolean {
  const capability = capabilities.get(name);
  // A manifest's entry with a program that an input names is this one for some input, and isn't given at all.
  if (capability === undefined || name === 'exec') return false;
  const given = requestedEntry(capability, entry);
  return given !== undefined && sameJson(given, withoutReason(entry));
}

/** Of two that say the same only the later one is too many. */
function covers(candidate: WrittenEntry, written: WrittenEntry): boolean {
  const { capability, part, entry } = written;
  if (candidate.capability !== capability) return false;
  if (candidate.rule === written.rule && candidate.index === written.index) return false;
  const covering =
    part === 'allow'
      ? coversEntry(capability, candidate.entry, entry)
      : forbidsEntry(capability, candidate.entry, entry);
  if (!covering) return false;
  const back =
    part === 'allow'
      ? coversEntry(capability, entry, candidate.entry)
      : forbidsEntry(capability, entry, candidate.entry);
  const earlier = candidate.rule < written.rule || (candidate.rule === written.rule && candidate.index < written.index);
  return !back || earlier;
}

/** Two rules that allow what is requested, of which the later one adds nothing. */
function shadowedRequest(
  policy: PolicyFile,
  { rule, index }: { readonly rule: Rule; readonly index: number },
  site: ShadowSite,
): readonly Finding[] {
  // What else it says may be why it is there: limits and a profile hold in spite of other rules.
  const saysMore =
    rule.limits !== undefined ||
    rule.profile !== undefined ||
    rule.deny !== undefined ||
    rule.deterministic !== undefined;
  if (rule.allow !== 'requested' || saysMore) return [];
  const before = policy.rules.findIndex(
    (other, at) =>
      at !== index &&
      other.allow === 'requested' &&
      isAsWide(other, rule, site.builtIn) &&
      (at < index || !isAsWide(rule, other, site.builtIn)),
  );
  if (before < 0) return [];
  return [
    {
      code: 'POLICY_SHADOWED',
      severity: 'warning',
      path: ['rules', index, 'allow'],
      message: `line ${site.lineOf(before)} allows all that is requested already`,
      remedy: 'Remove the rule.',
    },
  ];
}

/** Whether `wide` counts wherever `narrow` does. */
function isAsWide(wide: Rule, narrow: Rule, builtIn: ReadonlySet<string>): boolean {
  return coversSelector(wide.plugin, narrow.plugin, builtIn) && (wide.when === undefined || wide.when === narrow.when);
}

function shadowed(written: WrittenEntry, message: string): Finding {
  return {
    code: 'POLICY_SHADOWED',
    severity: 'warning',
    path: pathOfEntry(written),
    message: `this entry changes nothing: ${message}`,
    remedy: 'Remove the entry, or what takes it in.',
  };
}
