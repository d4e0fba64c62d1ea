import { didYouMean } from '../../../dsl/did-you-mean.ts';
import type { PolicyFile, Rule } from '../../../schemas/generated/policy.ts';
import type { PluginIdentity } from '../../../schemas/index.ts';
import { selects } from '../selector.ts';
import type { Finding } from './finding.ts';

/** The plugins that there are. */
export interface KnownPlugins {
  /** Names of the nodes that come with Waterflow. */
  readonly builtIn: ReadonlySet<string>;
  /** Every plugin of the machine, built-in ones too; undefined where nobody said that these are all. */
  readonly all: readonly PluginIdentity[] | undefined;
}

/** Rules for plugins that aren't there. */
export function unmatchedRules(policy: PolicyFile, { builtIn, all }: KnownPlugins): readonly Finding[] {
  return policy.rules.flatMap((rule, index): readonly Finding[] => {
    const { plugin } = rule;
    // Who signed what isn't known here.
    if (plugin === 'built-in' || plugin === 'approved' || plugin.startsWith('signer:')) return [];
    const isName = /^[a-z0-9-]+$/.test(plugin);
    if (all === undefined) {
      const guess =
        isName && !builtIn.has(plugin) ? didYouMean(plugin, [...builtIn, 'built-in', 'approved']) : undefined;
      return guess === undefined
        ? []
        : [unmatched({ rule, index }, `\`${plugin}\` is almost the name of \`${guess}\``, guess)];
    }
    const matches = all.some((identity) => ruleSelects(plugin, identity, builtIn));
    if (matches) return [];
    const what = plugin.startsWith('sha256:')
      ? 'no plugin here has that digest'
      : `no plugin here is called \`${plugin}\``;
    return [
      unmatched(
        { rule, index },
        what,
        isName
          ? didYouMean(
              plugin,
              all.map(({ name }) => name),
            )
          : undefined,
      ),
    ];
  });
}

function ruleSelects(selector: string, identity: PluginIdentity, builtIn: ReadonlySet<string>): boolean {
  return selects(selector, { identity, origin: builtIn.has(identity.name) ? 'built-in' : 'installed' });
}

function unmatched(
  { rule, index }: { readonly rule: Rule; readonly index: number },
  message: string,
  guess: string | undefined,
): Finding {
  const denies = rule.deny !== undefined;
  return {
    code: 'POLICY_UNMATCHED',
    // What it is there to forbid is not forbidden to anybody.
    severity: denies ? 'error' : 'warning',
    path: ['rules', index, 'plugin'],
    message: denies ? `${message}, so the rule forbids nothing` : message,
    remedy: guess === undefined ? 'Correct the name, or remove the rule.' : `Did you mean \`${guess}\`?`,
  };
}
