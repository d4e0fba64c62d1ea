import { type Mutation, swap, without } from './mutation.ts';

const place = 'runtime/capabilities/ssh/place.ts';
const sshCall = 'runtime/capabilities/ssh/call.ts';
const sshConnection = 'runtime/capabilities/ssh/connection.ts';
const mailCall = 'runtime/capabilities/mail/call.ts';
const address = 'runtime/capabilities/mail/address.ts';
const storeEntries = 'runtime/capabilities/store/entries.ts';

/** What holds calls that leave the machine, or outlive the run: ssh, mail, store. */
export const reachMutations: readonly Mutation[] = [
  {
    protection: 'secret-grants',
    patches: [
      swap('runtime/capabilities/secret-vault.ts', '!allowed.includes(name)', 'values.size === 0'),
      swap(
        'runtime/capabilities/net/call.ts',
        'return kept === undefined ? { matches: true } : refusalOfSecret(rule, kept);',
        'return kept === null ? refusalOfSecret(rule, kept) : { matches: true };',
      ),
    ],
  },
  {
    protection: 'ssh-host-keys',
    patches: [
      swap(sshConnection, 'if (effective.pins.length === 0) {', 'if (effective.pins.length < 0) {'),
      swap(
        sshConnection,
        'if (acceptsHostKey(effective.pins, key)) {',
        'if (acceptsHostKey(effective.pins, key) || key.length > 0) {',
      ),
    ],
  },
  {
    protection: 'ssh-grants',
    patches: [
      swap(
        sshCall,
        `if (granted.some((pattern) => matchesRemotePath(pattern, path, how))) return { matches: true };`,
        `if (granted.length >= 0 || granted.some((pattern) => matchesRemotePath(pattern, path, how))) return { matches: true };`,
      ),
    ],
  },
  {
    protection: 'ssh-paths',
    patches: [
      without(
        'runtime/capabilities/ssh/remote-path.ts',
        "if (names.includes('..')) return { problem: `\\`${path}\\` holds \\`..\\`` };",
      ),
      without(place, '      asking.require(needOf(real, access));\n'),
    ],
  },
  { protection: 'ssh-places', patches: [without(place, '      asking.require(needOf(real, access));\n')] },
  {
    protection: 'ssh-quoting',
    patches: [
      swap('runtime/capabilities/ssh/quote.ts', `return \`'\${text.replaceAll("'", "'\\\\''")}'\`;`, 'return text;'),
    ],
  },
  {
    protection: 'ssh-names',
    patches: [
      swap(
        'runtime/capabilities/ssh/remote-files.ts',
        `if (plain && !name.includes('\\uFFFD')) return name;`,
        `if (plain || name !== '') return name;`,
      ),
      swap('runtime/capabilities/fs/path.ts', `if (names.includes('..')) return`, 'if (names.length < 0) return'),
      without(
        'runtime/capabilities/ssh/remote-path.ts',
        "if (names.includes('..')) return { problem: `\\`${path}\\` holds \\`..\\`` };",
      ),
    ],
  },
  {
    protection: 'secret-agreement',
    patches: [
      swap(
        'runtime/capabilities/agreed-secrets.ts',
        'if (uses.every((use) => agreesTo(use, wish, grammar))) return wish;',
        'if (uses.some((use) => agreesTo(use, wish, grammar))) return wish;',
      ),
      swap(
        sshCall,
        'if (login !== undefined && !letsLogIn(',
        'if (login !== undefined && rule.secrets.length < 0 && !letsLogIn(',
      ),
      swap(sshConnection, 'if (effective.pins.length === 0) {', 'if (effective.pins.length < 0) {'),
    ],
  },
  {
    protection: 'secret-to',
    patches: [
      swap(
        'runtime/grants/secret-reach.ts',
        'if (kept !== undefined) throw keptSecret(',
        `if (kept !== undefined && name === '') throw keptSecret(`,
      ),
    ],
  },
  {
    protection: 'mail-recipients',
    patches: [
      swap(
        mailCall,
        "if (meansAny(patterns, place === 'from' ? from : address, demand)) return { matches: true };",
        'if (patterns.length >= 0) return { matches: true };',
      ),
    ],
  },
  {
    protection: 'mail-plain-addresses',
    patches: [
      swap(
        address,
        "  const parts = text.split('@');\n  const [local = '', name = ''] = parts;\n  if (parts.length !== 2 || local.length > maxLocal",
        "  const at = text.lastIndexOf('@');\n  const [local, name] = [text.slice(0, at), text.slice(at + 1)];\n  if (local.length > maxDomain",
      ),
      swap(address, `return localPattern.test(text) && !text.includes('=?');`, `return text !== '';`),
    ],
  },
  {
    protection: 'mail-attachments',
    patches: [
      swap(
        'runtime/capabilities/mail/compose.ts',
        'const input = openWorkspaceInput(authorized, scope, file);',
        "const input = { bytes: 0, fd: openSync(`${scope.workspace}/${file}`, 'r') };",
      ),
      swap(
        'runtime/capabilities/mail/compose.ts',
        'import { createReadStream,',
        'import { openSync, createReadStream,',
      ),
    ],
  },
  {
    protection: 'mail-encryption',
    patches: [swap('runtime/capabilities/mail/smtp.ts', `requireTLS: tls === 'starttls',`, 'requireTLS: false,')],
  },
  {
    protection: 'mail-limits',
    patches: [
      swap(
        'runtime/capabilities/mail/compose.ts',
        'if (recipients.length > most) throw',
        'if (recipients.length > most * 1000) throw',
      ),
    ],
  },
  {
    protection: 'store-owners',
    patches: [
      swap(
        'runtime/capabilities/store/scope.ts',
        "return plugin.origin === 'built-in' ? `built-in ${name}` : `${name} in ${plugin.folder}`;",
        "return name === '' ? plugin.folder : 'built-in http';",
      ),
    ],
  },
  {
    protection: 'store-keys',
    patches: [
      swap(
        'runtime/capabilities/store/rules.ts',
        'if (rule.patterns.some((pattern) => covers(pattern, demand))) {',
        'if (rule.patterns.length > 0) {',
      ),
    ],
  },
  {
    protection: 'store-quota',
    patches: [
      without(
        storeEntries,
        '    if (usedBytes > bytes) throw overQuota(`${what} may hold ${bytes} bytes, and this would make ${usedBytes}`);\n',
      ),
    ],
  },
  {
    protection: 'net-proxies',
    patches: [
      swap(
        'runtime/capabilities/net/call.ts',
        "rule.proxies.includes(canonicalProxy(proxy) ?? '')",
        "canonicalProxy(proxy) !== ''",
      ),
    ],
  },
];
