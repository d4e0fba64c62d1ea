import type { PolicyFile, Rule } from '../../../schemas/generated/policy.ts';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import type { DocumentPath } from '../../documents/yaml-document.ts';
import { entriesIn, type Finding, pathOfEntry, type WrittenEntry } from './finding.ts';

/** Rules and entries that give more than anybody is likely to have meant. */
export function wideRules(policy: PolicyFile): readonly Finding[] {
  return policy.rules.flatMap((rule, index) => [
    ...wideSelector(rule, index),
    ...wideProfile(rule, index),
    ...entriesIn(rule, index, 'allow').flatMap((entry) => wideEntry(rule, entry)),
  ]);
}

function wideSelector(rule: Rule, index: number): readonly Finding[] {
  if (!/^[*?]+$/.test(rule.plugin) || rule.allow === undefined) return [];
  const path = ['rules', index, 'plugin'];
  return rule.allow === 'requested'
    ? [
        wide(path, 'every plugin gets whatever it requests, so that nothing needs to be approved', {
          severity: 'error',
          remedy: 'Allow `requested` to `built-in`, to `approved`, or to digests.',
        }),
      ]
    : [
        wide(path, 'every plugin gets this, also those that nobody has looked at', {
          remedy: 'Name the plugins, best by their digest, or write `approved`.',
        }),
      ];
}

function wideProfile(rule: Rule, index: number): readonly Finding[] {
  if (rule.plugin === 'built-in') return [];
  if (rule.profile === 'host') {
    return [
      wide(
        ['rules', index, 'profile'],
        `programs of \`${rule.plugin}\` run as the agent's user, with its files and network`,
        {
          remedy: 'Write `profile: workspace`.',
        },
      ),
    ];
  }
  if (rule.profile !== undefined || rule.allow !== 'requested') return [];
  return [
    wide(['rules', index, 'allow'], 'what is requested may be `profile: host`, and this rule lets it', {
      remedy: 'Add `profile: workspace` to the rule.',
    }),
  ];
}

/** What is wide in an entry whatever the capability, by what its fields are called. */
const wideFields: Readonly<Record<string, string>> = {
  command: 'any program may be started',
  methods: 'any method may be used, those that delete too',
  headers: 'any header may be sent, those that log in too',
  secrets: 'any secret of the run may go out by it',
  keys: 'any key may be read and changed',
  images: 'any image may be run',
  host: 'any host may be reached',
  user: 'it may log in as anybody',
  to: 'mail may go to anybody',
};

function wideEntry(rule: Rule, written: WrittenEntry): readonly Finding[] {
  const base = pathOfEntry(written);
  return widePartsOf(written.capability, written.entry, { isTrusted: rule.plugin === 'built-in' }).map(
    ({ path, message, severity, remedy }) => wide([...base, ...path], message, { severity, remedy }),
  );
}

/** A part of an entry that gives more than anybody is likely to have meant, whoever wrote the entry. */
export interface WidePart extends Pick<Finding, 'severity' | 'message' | 'remedy'> {
  /** From the entry on. */
  readonly path: DocumentPath;
}

/** What is wide in an entry. `isTrusted`: it is for the nodes that come with Waterflow, which may run programs as the agent's user. */
export function widePartsOf(
  capability: string,
  entry: JsonObject,
  { isTrusted }: { readonly isTrusted: boolean },
): readonly WidePart[] {
  const found: WidePart[] = [];
  const add = (field: string, message: string, remedy: string): void => {
    found.push({ path: [field], severity: 'warning', message, remedy });
  };
  for (const [field, value] of Object.entries(entry)) {
    const meaning = Object.hasOwn(wideFields, field) ? wideFields[field] : undefined;
    if (meaning !== undefined && holdsStar(value)) add(field, meaning, `Write out which \`${field}\` it needs.`);
  }
  if (entry['args'] === 'any') {
    add(
      'args',
      'it gets any arguments, those by which it starts other programs too',
      'Write out the arguments; docs/capabilities.md has the grammar.',
    );
  }
  if (entry['env'] === 'any') {
    add('env', 'any variable may be set, those by which programs load other code too', 'Name the variables.');
  }
  if (capability === 'env' && entry['names'] === 'any') {
    add(
      'names',
      'any variable of later steps may be set, those by which their programs load other code too',
      'Name the variables.',
    );
  }
  if (entry['profile'] === 'host' && !isTrusted) {
    add('profile', "it runs as the agent's user, with its files and network", 'Write `profile: workspace`.');
  }
  if (capability === 'net') found.push(...wideUrl(entry['url'], { isPrivate: entry['private'] === true }));
  return found;
}

function wideUrl(url: Json | undefined, { isPrivate }: { readonly isPrivate: boolean }): readonly WidePart[] {
  const [, host = ''] = /^https?:\/\/([^/?#]*)/i.exec(typeof url === 'string' ? url : '') ?? [];
  const name = host.replace(/:[0-9*]*$/, '');
  const path = ['url'];
  if (isPrivate && name.includes('*')) {
    const message = `every private address that \`${host}\` can mean may be reached, the agent's own services too`;
    return [{ path, severity: 'error', message, remedy: 'With `private: true` name the host.' }];
  }
  if (name === '*') {
    const message = 'any host may be reached, so anything may be sent anywhere';
    return [{ path, severity: 'warning', message, remedy: 'Name the hosts, as in `https://api.example.com/**`.' }];
  }
  if (host.endsWith(':*') && isPrivate) {
    const message = `every port of ${name} may be reached`;
    return [{ path, severity: 'warning', message, remedy: 'Name the port.' }];
  }
  return [];
}

function holdsStar(value: Json): boolean {
  return value === '*' || (Array.isArray(value) && value.includes('*'));
}

function wide(
  path: DocumentPath,
  message: string,
  { severity = 'warning', remedy }: { readonly severity?: 'error' | 'warning'; readonly remedy: string },
): Finding {
  return { code: 'POLICY_WIDE', severity, path, message, remedy };
}
