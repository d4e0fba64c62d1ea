import { type Mutation, swap, without } from './mutation.ts';

const authorize = 'runtime/grants/authorize.ts';
const addresses = 'runtime/capabilities/net/addresses.ts';
const headers = 'runtime/capabilities/net/headers.ts';
const fsWorkspace = 'runtime/capabilities/fs/workspace.ts';
const bubblewrap = 'runtime/capabilities/exec/bubblewrap-options.ts';
const environment = 'runtime/capabilities/exec/environment.ts';
const vault = 'runtime/capabilities/secret-vault.ts';
const manifestFolder = 'runtime/manifest/folder.ts';

/** What the agent checks: grants, capabilities, secrets, records, plugins. */
export const agentMutations: readonly Mutation[] = [
  {
    protection: 'grant-layers',
    patches: [
      swap(
        authorize,
        `if ('refusal' in answer) return refusedDecision(request, layer, answer.refusal);`,
        `if ('refusal' in answer) continue;`,
      ),
    ],
  },
  {
    protection: 'grant-deny',
    patches: [without(authorize, 'if (forbidden !== undefined) return forbiddenDecision(request, forbidden);')],
  },
  {
    protection: 'deny-arguments',
    patches: [
      swap(
        'runtime/capabilities/exec/call.ts',
        'deniesArgs(rule.args, call.args ?? [])',
        'matchArgs(rule.args, call.args ?? []).matches',
      ),
    ],
  },
  {
    protection: 'grant-known-names',
    patches: [
      swap(
        authorize,
        'Object.hasOwn(capability.operations, call.operation)',
        'call.operation in capability.operations',
      ),
    ],
  },
  {
    protection: 'grant-quoted-inputs',
    patches: [
      swap('runtime/capabilities/quoted.ts', 'return { text: `${opening}${text}${closing}` };', 'return { text };'),
    ],
  },
  {
    protection: 'grant-quoted-values',
    patches: [
      swap(
        'runtime/grants/entries.ts',
        "fillEvaluated(withoutWrittenReason(entry), capability, { lists: 'refused' })",
        "{ kind: 'filled', entry: joinEvaluated(withoutWrittenReason(entry)) as JsonObject, given: [] }",
      ),
    ],
  },
  {
    protection: 'net-addresses',
    patches: [
      swap(addresses, `'127.0.0.0', 8, 'private'`, `'127.0.0.0', 8, 'public'`),
      swap(addresses, `'0.0.0.0', 8, 'private'`, `'0.0.0.0', 8, 'public'`),
    ],
  },
  {
    protection: 'net-metadata',
    patches: [swap(addresses, `'169.254.0.0', 16, 'metadata'`, `'169.254.0.0', 16, 'private'`)],
  },
  {
    protection: 'net-redirects',
    patches: [
      swap(
        'runtime/capabilities/net/redirect.ts',
        'rules.recheck({ url: url.href,',
        'rules.recheck({ url: from.url.href,',
      ),
      swap(addresses, `'127.0.0.0', 8, 'private'`, `'127.0.0.0', 8, 'public'`),
    ],
  },
  {
    protection: 'net-redirect-headers',
    patches: [
      swap(
        'runtime/capabilities/net/redirect.ts',
        '(sameOrigin || (safeHeaders.has(name)',
        `(sameOrigin || name !== '' || (safeHeaders.has(name)`,
      ),
    ],
  },
  {
    protection: 'net-reserved-headers',
    patches: [
      swap(
        headers,
        `return reservedHeaders.has(header) || header.startsWith('proxy-');`,
        `return reservedHeaders.has(header) && header === '';`,
      ),
    ],
  },
  {
    protection: 'net-header-values',
    patches: [
      swap(
        headers,
        'if (/^[\\t\\u0020-\\u007e\\u0080-\\u00ff]*$/.test(value)) return;',
        'if (value.length >= 0) return;',
      ),
    ],
  },
  {
    protection: 'net-url-patterns',
    patches: [
      swap(
        'runtime/capabilities/net/url-pattern.ts',
        '!separators.test(decoded) && !dotSegment.test(decoded)',
        "decoded !== ''",
      ),
    ],
  },
  {
    protection: 'net-user-info',
    patches: [
      without(
        'runtime/capabilities/net/call.ts',
        `if (url.username !== '' || url.password !== '') return { problem: 'the URL holds a user name or password' };`,
      ),
      swap(addresses, `'127.0.0.0', 8, 'private'`, `'127.0.0.0', 8, 'public'`),
    ],
  },
  {
    protection: 'net-limits',
    patches: [
      swap('runtime/capabilities/net/response-body.ts', 'if (length > maxBytes) {', 'if (length > maxBytes * 8) {'),
    ],
  },
  {
    protection: 'fs-inside',
    patches: [
      swap('runtime/capabilities/fs/path.ts', `if (path.startsWith('/')) return`, `if (path === '//') return`),
      swap('runtime/capabilities/fs/path.ts', `if (names.includes('..')) return`, 'if (names.length < 0) return'),
    ],
  },
  {
    protection: 'fs-no-links',
    patches: [
      swap(
        fsWorkspace,
        'if (!entry.stats.isSymbolicLink()) return entry;',
        'if (entry.stats.nlink >= 0) return entry;',
      ),
      swap('runtime/capabilities/fs/descriptor-folder.ts', 'O_PATH | open.O_NOFOLLOW', 'O_PATH'),
    ],
  },
  {
    protection: 'fs-one-name',
    patches: [swap(fsWorkspace, 'if (entry.stats.nlink > 1) {', 'if (entry.stats.nlink < 0) {')],
  },
  {
    protection: 'fs-quota',
    patches: [
      swap(
        'runtime/capabilities/fs/operation.ts',
        'const used = (scope.usage.get(counter) ?? 0) + by;',
        'const used = 0 * by;',
      ),
    ],
  },
  {
    protection: 'exec-arguments',
    patches: [
      swap(
        'runtime/capabilities/exec/args-match.ts',
        `if (rule.kind === 'any') return`,
        `if (rule.kind === 'any' || args.length > 0) return`,
      ),
    ],
  },
  {
    protection: 'exec-network',
    patches: [
      swap(
        bubblewrap,
        `'--unshare-all', '--unshare-user',`,
        `'--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-user',`,
      ),
    ],
  },
  {
    protection: 'exec-files',
    patches: [swap(bubblewrap, `['--bind', folder.tmp, '/tmp'],`, `['--bind', '/tmp', '/tmp'],`)],
  },
  {
    protection: 'exec-processes',
    patches: [
      swap(
        bubblewrap,
        `'--unshare-all', '--unshare-user',`,
        `'--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-user',`,
      ),
    ],
  },
  {
    protection: 'exec-privileges',
    patches: [
      without(bubblewrap, `view.userNamespace === 'closed' ? ['--disable-userns'] : [],`),
      swap(
        'runtime/capabilities/exec/program-filter.ts',
        'const notPermitted = failWith | operationNotPermitted;',
        'const notPermitted = allow;',
      ),
    ],
  },
  {
    protection: 'exec-clean-environment',
    patches: [
      swap(
        environment,
        'const environment = { ...parts.base,',
        'const environment = { ...(process.env as Record<string, string>), ...parts.base,',
      ),
    ],
  },
  {
    protection: 'exec-environment',
    patches: [
      swap(environment, `if (pattern === '*') return !isDangerousKey(key);`, `if (pattern === '*') return true;`),
    ],
  },
  {
    protection: 'exec-programs',
    patches: [swap('runtime/capabilities/exec/binary.ts', 'if (inside) {', 'if (inside && folder.length === 0) {')],
  },
  {
    protection: 'exec-output',
    patches: [
      swap(
        'runtime/capabilities/exec/output.ts',
        "if (length > max_bytes) {\n        throw new CallFailure('LIMIT_EXCEEDED', `the program wrote more",
        "if (length > max_bytes * 700) {\n        throw new CallFailure('LIMIT_EXCEEDED', `the program wrote more",
      ),
    ],
  },
  {
    protection: 'secret-placeholders',
    patches: [
      swap(
        vault,
        '      return placeholder;\n    },\n    reveal',
        '      return values.get(name);\n    },\n    reveal',
      ),
    ],
  },
  {
    protection: 'secret-veil',
    patches: [
      swap(
        'runtime/capabilities/veil.ts',
        'if (value.length === 0) return bytes;',
        'if (value.length >= 0) return bytes;',
      ),
    ],
  },
  {
    protection: 'secret-file',
    patches: [without('runtime/capabilities/net/response-body.ts', '      watch(chunk);\n')],
  },
  {
    protection: 'secret-redaction',
    patches: [
      swap(
        'agent/executor/run-resources.ts',
        'createRedactor(changed.values.map(([, value]) => value))',
        'createRedactor([])',
      ),
    ],
  },
  {
    protection: 'audit-every-call',
    patches: [
      swap(
        'agent/executor/host-calls.ts',
        'const sequence = recordCall(powers, call, decision);',
        `const sequence = authorization.kind === 'allowed' ? recordCall(powers, call, decision) : 0;`,
      ),
    ],
  },
  {
    protection: 'audit-condensed',
    patches: [
      swap('agent/executor/condense.ts', 'const keptCharacters = 2048;', 'const keptCharacters = 1e12;'),
      swap('agent/executor/condense.ts', 'const keptInAll = 32 * 1024;', 'const keptInAll = 1e12;'),
      swap('runtime/audit/log.ts', 'const maxFieldCharacters = 64 * 1024;', 'const maxFieldCharacters = 1e12;'),
    ],
  },
  {
    protection: 'plain-text',
    patches: [
      swap(
        'schemas/plain-text.ts',
        'const escapeSequences =\n',
        'const escapeSequences = /$^/gu;\nexport const unused =\n',
      ),
    ],
  },
  {
    protection: 'plugin-ordinary-files',
    patches: [
      swap(
        manifestFolder,
        `else if (entry.stats.isSymbolicLink()) throw pluginInvalid(path, 'it is a symbolic link');`,
        'else if (entry.stats.isSymbolicLink()) continue;',
      ),
    ],
  },
  {
    protection: 'plugin-sizes',
    patches: [
      swap('runtime/manifest/code.ts', 'if (file.bytes.length <= maxSourceBytes)', 'if (file.bytes.length >= 0)'),
    ],
  },
  {
    protection: 'plugin-manifest',
    patches: [
      swap(
        'runtime/documents/yaml-document.ts',
        'if (wrongKey !== undefined) {',
        `if (wrongKey !== undefined && file === '') {`,
      ),
    ],
  },
  {
    protection: 'plugin-names',
    patches: [
      swap(
        'runtime/manifest/catalogue.ts',
        'if (!reserved.has(plugin.identity.name)) return plugin;',
        'if (reserved.size >= 0) return plugin;',
      ),
    ],
  },
];
