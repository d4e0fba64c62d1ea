import { type Mutation, swap, without } from './mutation.ts';

const watchdog = 'runtime/capabilities/exec/watchdog.ts';
const gateway = 'runtime/capabilities/exec/egress/gateway.ts';

/** What holds programs, archives, and what runs and tenants use. */
export const programMutations: readonly Mutation[] = [
  {
    protection: 'exec-egress',
    patches: [
      swap(gateway, `if (again.kind === 'denied') return`, `if (again.kind === 'denied' && endpoint.port < 0) return`),
      swap(
        gateway,
        'if (patterns.length === 0 || patterns.includes(undefined)) {',
        'if (patterns.length === 0 && endpoint.port < 0) {',
      ),
    ],
  },
  {
    protection: 'exec-limits',
    patches: [
      swap(
        watchdog,
        'if (memory === undefined || use.memory_bytes <= memory',
        'if (memory === undefined || use.memory_bytes <= memory * 1000',
      ),
    ],
  },
  {
    protection: 'exec-pinned',
    patches: [
      swap(
        'runtime/capabilities/exec/pinned.ts',
        'const other = expected.find((candidate) => candidate !== digest);',
        "const other = expected.find((candidate) => candidate === '');",
      ),
    ],
  },
  {
    protection: 'exec-tree',
    patches: [
      swap(
        'runtime/capabilities/exec/bubblewrap-options.ts',
        `'--unshare-all', '--unshare-user',`,
        `'--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-user',`,
      ),
      swap('runtime/capabilities/exec/run.ts', '  await program.kill();\n', '  await program.exit;\n'),
    ],
  },
  {
    protection: 'args-linear',
    patches: [
      swap(
        'runtime/capabilities/exec/args-match.ts',
        `return pattern.pattern.matches(value, isOption ? 'start of an option' : 'elsewhere', matching.budget);`,
        'return new RegExp(`^(?:${pattern.pattern.text})$`).test(value);',
      ),
    ],
    ends: 'standstill',
  },
  {
    protection: 'fs-ordinary-files',
    patches: [
      swap('runtime/capabilities/fs/workspace.ts', 'if (!entry.stats.isFile()) {', 'if (entry.stats.nlink < 0) {'),
      without('runtime/capabilities/fs/descriptor-folder.ts', ' | open.O_NONBLOCK'),
    ],
    ends: 'standstill',
  },
  {
    protection: 'fs-archives',
    patches: [
      swap('runtime/capabilities/fs/archive/unpack.ts', 'if (!isKnown) {', 'if (header.linkname === undefined) {'),
      swap(
        'runtime/capabilities/fs/archive/unpack.ts',
        `const source = openFile(this.#call.scope.workspace, this.#staging.at(target.names), 'read');`,
        "const fd = openSync(`/${(header.linkname ?? '').replaceAll('../', '').replace(/^\\//, '')}`, 'r');\n    const source = { fd, bytes: fstatSync(fd).size, mode: 0o644 };",
      ),
      swap(
        'runtime/capabilities/fs/archive/unpack.ts',
        "import { closeSync } from 'node:fs';",
        "import { closeSync, fstatSync, openSync } from 'node:fs';",
      ),
    ],
  },
  {
    protection: 'quotas',
    patches: [swap('agent/quotas/account.ts', 'used <= bound.most ?', 'used <= bound.most * 1e9 ?')],
  },
  {
    protection: 'deterministic',
    patches: [swap('agent/executor/call-scope.ts', 'if (!grant.deterministic) {', 'if (grant.deterministic) {')],
  },
  {
    protection: 'policy-conditions',
    patches: [without('runtime/policy/condition.ts', 'requireOperands(operator, one, other);')],
  },
  {
    protection: 'grant-arguments',
    patches: [
      swap(
        'runtime/grants/authorize.ts',
        'const misfit = firstMisfit(operation.argsSchema, call.args);',
        'const misfit = firstMisfit({}, call.args);',
      ),
    ],
  },
  {
    protection: 'audit-lines',
    patches: [
      swap(
        'runtime/audit/line.ts',
        'return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, hash };',
        'return { line: `${body.slice(0, -1)},"hash":"${hash}"}`.replaceAll(\'\\\\n\', \'\\n\'), hash };',
      ),
    ],
  },
  {
    protection: 'mail-header-lines',
    patches: [
      swap(
        'runtime/capabilities/mail/call.ts',
        `const oneLine = '^[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\u2028\\\\u2029]*$';`,
        `const oneLine = '';`,
      ),
      swap(
        'runtime/capabilities/mail/compose.ts',
        'subject: args.subject,',
        'headers: { subject: { prepared: true, value: args.subject } },',
      ),
    ],
  },
  {
    protection: 'ssh-limits',
    patches: [
      swap(
        'runtime/capabilities/ssh/transfer.ts',
        'const mostBytes = Math.min(limits.bytes ?? Number.POSITIVE_INFINITY, max_bytes ?? defaultBytes);',
        'const mostBytes = Math.max(limits.bytes ?? 0, max_bytes ?? defaultBytes);',
      ),
    ],
  },
];
