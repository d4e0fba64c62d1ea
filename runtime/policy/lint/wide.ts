import type { PolicyFile, Rule } from '../../../schemas/generated/policy.ts';
import type { Json } from '../../../schemas/index.ts';
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
  const { capability, entry } = written;
  const base = pathOfEntry(written);
  const found: Finding[] = [];
  for (const [field, value] of Object.entries(entry)) {
    const meaning = Object.hasOwn(wideFields, field) ? wideFields[field] : undefined;
    if (meaning !== undefined && holdsStar(value)) {
      found.push(wide([...base, field], meaning, { remedy: `Write out which \`${field}\` it needs.` }));
    }
  }
  if (entry['args'] === 'any') {
    found.push(
      wide([...base, 'args'], `it gets any arguments, those by which it starts other programs too`, {
        remedy: 'Write out the arguments; docs/capabilities.md has the grammar.',
      }),
    );
  }
  if (entry['env'] === 'any') {
    found.push(
      wide([...base, 'env'], 'any variable may be set, those by which programs load other code too', {
        remedy: 'Name the variables.',
      }),
    );
  }
  if (capability === 'env' && entry['names'] === 'any') {
    found.push(
      wide(
        [...base, 'names'],
        'any variable of later steps may be set, those by which their programs load other code too',
        {
          remedy: 'Name the variables.',
        },
      ),
    );
  }
  if (entry['profile'] === 'host' && rule.plugin !== 'built-in') {
    found.push(
      wide([...base, 'profile'], `it runs as the agent's user, with its files and network`, {
        remedy: 'Write `profile: workspace`.',
      }),
    );
  }
  if (capability === 'net') found.push(...wideUrl(base, entry['url'], { isPrivate: entry['private'] === true }));
  return found;
}

function wideUrl(
  base: DocumentPath,
  url: Json | undefined,
  { isPrivate }: { readonly isPrivate: boolean },
): readonly Finding[] {
  const [, host = ''] = /^https?:\/\/([^/?#]*)/i.exec(typeof url === 'string' ? url : '') ?? [];
  const name = host.replace(/:[0-9*]*$/, '');
  if (isPrivate && name.includes('*')) {
    return [
      wide(
        [...base, 'url'],
        `every private address that \`${host}\` can mean may be reached, the agent's own services too`,
        {
          severity: 'error',
          remedy: 'With `private: true` name the host.',
        },
      ),
    ];
  }
  if (name === '*') {
    return [
      wide([...base, 'url'], 'any host may be reached, so anything may be sent anywhere', {
        remedy: 'Name the hosts.',
      }),
    ];
  }
  if (host.endsWith(':*') && isPrivate) {
    return [wide([...base, 'url'], `every port of ${name} may be reached`, { remedy: 'Name the port.' })];
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
