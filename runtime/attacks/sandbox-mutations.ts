import { type Mutation, swap, without } from './mutation.ts';

const harden = 'runtime/guest/harden.ts';
const invocation = 'runtime/supervisor/invocation.ts';
const recipe = 'runtime/supervisor/confinement/recipe.ts';
const startHost = 'runtime/supervisor/start-host.ts';
const isolateEngine = 'runtime/sandbox-host/isolate/engine.ts';
const wasmEngine = 'runtime/sandbox-host/wasm/engine.ts';

/** What holds a guest: its engine, its host process, the supervisor that watches it. */
export const sandboxMutations: readonly Mutation[] = [
  { protection: 'isolate-no-code-from-strings', patches: [without(harden, '  refuseCodeFromStrings(global);\n')] },
  {
    protection: 'isolate-removed-globals',
    patches: [swap(harden, `'eval', 'Atomics', 'SharedArrayBuffer', 'WebAssembly', 'console'`, `'console'`)],
  },
  { protection: 'isolate-frozen-intrinsics', patches: [without(harden, 'else Object.freeze(intrinsic);')] },
  {
    protection: 'isolate-prototype-accessors',
    patches: [
      without(harden, 'for (const name of prototypeAccessors) Reflect.deleteProperty(Object.prototype, name);'),
      without(harden, 'else Object.freeze(intrinsic);'),
    ],
  },
  {
    protection: 'isolate-fresh',
    patches: [
      without(isolateEngine, '  if (!isolate.isDisposed) isolate.dispose();\n'),
      without('runtime/sandbox-host/isolate/prepared.ts', '    this.#ready = undefined;\n'),
      without(harden, '    Object.defineProperty(global, name, { writable: false, configurable: false });\n'),
    ],
  },
  {
    protection: 'isolate-own-modules',
    patches: [
      swap(
        'runtime/sandbox-host/isolate/modules.ts',
        'const source = this.#sources.get(name) ?? this.#builtIn.get(name);',
        "const source = this.#sources.get(name) ?? this.#builtIn.get(name) ?? 'export const readFileSync = () => 1;';",
      ),
      swap(
        'runtime/sandbox-host/isolate/modules.ts',
        "if (!specifier.startsWith('./') && !specifier.startsWith('../')) {",
        "if (specifier.startsWith('node:')) return specifier;\n    if (!specifier.startsWith('./') && !specifier.startsWith('../')) {",
      ),
    ],
  },
  {
    protection: 'isolate-memory',
    patches: [
      swap(
        'runtime/sandbox-host/isolate/prepared.ts',
        'memoryLimit: Math.max(leastHeapMb, heapMb),',
        'memoryLimit: 4096,',
      ),
      swap('runtime/supervisor/watchdog.ts', 'if (left < 0) {', 'if (left < -1e12) {'),
    ],
    level: 0,
  },
  {
    protection: 'wasm-powerless-wasi',
    patches: [
      swap(
        'runtime/sandbox-host/wasm/wasi.ts',
        'const refuse: HostFunction = () => badDescriptor;',
        'const refuse: HostFunction = () => success;',
      ),
    ],
  },
  { protection: 'host-processes', patches: [], level: 1 },
  {
    protection: 'host-data',
    patches: [
      swap(
        recipe,
        '`--data=${dataLimitBytes(kind.runtime, kind.memoryClass)}`,',
        '`--data=${2 ** 40 + kind.memoryClass}`,',
      ),
      swap('runtime/supervisor/watchdog.ts', 'if (left < 0) {', 'if (left < -1e12) {'),
    ],
    level: 2,
  },
  { protection: 'wasm-imports', patches: [without(wasmEngine, 'if (forbidden !== undefined) return forbidden;')] },
  {
    protection: 'wasm-pages',
    patches: [swap(recipe, '`--wasm-max-mem-pages=${kind.memoryClass * wasmPagesPerMib}`, ', '')],
    level: 0,
  },
  {
    protection: 'wasm-fresh',
    patches: [
      swap(
        'runtime/sandbox-host/wasm/instances.ts',
        'const ahead = this.#next;\n    this.#next = undefined;',
        'this.#next ??= this.#make({});\n    const ahead = this.#next;',
      ),
    ],
  },
  {
    protection: 'wasm-checked-frames',
    patches: [
      without(
        'runtime/sandbox-host/wasm/host-call.ts',
        `if (typeof capability !== 'string' || typeof operation !== 'string') return 'capability and operation are texts';`,
      ),
    ],
  },
  {
    protection: 'call-backpressure',
    patches: [
      swap(
        invocation,
        'if (isTooMuch && !this.#hasEnded) this.#host.pauseCalls();',
        'if (isTooMuch && this.#calls < 0) this.#host.pauseCalls();',
      ),
      swap(invocation, 'const heldBytesLimit = 64 * 1024 * 1024;', 'const heldBytesLimit = 1e12;'),
    ],
  },
  {
    protection: 'deadline',
    patches: [
      swap(invocation, 'powers.after(limits.timeout_ms, () =>', 'powers.after(limits.timeout_ms + 6000, () =>'),
    ],
  },
  {
    protection: 'memory-watchdog',
    patches: [swap('runtime/supervisor/watchdog.ts', 'if (left < 0) {', 'if (left < -1e12) {')],
    level: 0,
  },
  {
    protection: 'host-call-limit',
    patches: [swap(invocation, 'if (this.#calls > this.#request.limits.host_calls) {', 'if (this.#calls < 0) {')],
  },
  { protection: 'log-limit', patches: [swap(invocation, 'if (this.#logBytes > limit)', 'if (this.#logBytes < 0)')] },
  {
    protection: 'output-limit',
    patches: [
      swap(
        'runtime/supervisor/outcome.ts',
        `if (kind === 'returned' && body.byteLength > output_bytes) {`,
        'if (body.byteLength < 0) {',
      ),
      swap('runtime/sandbox-host/result.ts', 'if (bytes <= limit) return result;', 'if (bytes >= 0) return result;'),
    ],
  },
  {
    protection: 'json-guard',
    patches: [
      swap(
        'runtime/supervisor/json-guard.ts',
        'export function parseUntrustedJson(',
        'export function parseUntrustedJson(body: Uint8Array): { readonly value: Json } | { readonly problem: string } {\n  return { value: JSON.parse(Buffer.from(body).toString()) };\n}\n\nexport function parsedBefore(',
      ),
    ],
  },
  {
    protection: 'frame-tags',
    patches: [without(invocation, `else this.#kill(errors.brokeProtocol('a frame with an unknown tag'));`)],
  },
  {
    protection: 'frame-invocations',
    patches: [swap(invocation, 'if (invocation !== this.#number)', 'if (invocation === undefined)')],
  },
  { protection: 'frame-ids', patches: [swap(invocation, 'id !== this.#host.lastCall + 1', `typeof id !== 'number'`)] },
  {
    protection: 'frame-names',
    patches: [without(invocation, `typeof capability !== 'string' || typeof operation !== 'string' || `)],
  },
  {
    protection: 'frame-sizes',
    patches: [
      without(
        invocation,
        `if (body.byteLength > callBytesLimit) return this.#kill(errors.brokeProtocol('an oversized host call'));`,
      ),
    ],
  },
  {
    protection: 'frame-versions',
    patches: [
      without(
        'runtime/sandbox-host/wire.ts',
        `if (!('v' in header) || header.v !== wireVersion) throw new WireError('a frame of another version');`,
      ),
    ],
  },
  {
    protection: 'frame-results',
    patches: [
      swap(
        invocation,
        `if (kind === undefined) return this.#kill(errors.brokeProtocol('a result of an unknown kind'));`,
        `if (kind === undefined) return this.#finish({ outcome: { kind: 'returned', outputs: {} }, host: 'reusable' });`,
      ),
    ],
  },
  {
    protection: 'host-network',
    patches: [swap(recipe, `'--unshare-all',`, `'--unshare-pid', '--unshare-ipc', '--unshare-uts',`)],
    level: 2,
  },
  {
    protection: 'host-sockets',
    patches: [
      swap(recipe, `'--unshare-all',`, `'--unshare-pid', '--unshare-ipc', '--unshare-uts',`),
      without('runtime/supervisor/confinement/syscalls.ts', '    socket: 41,\n    connect: 42,\n'),
    ],
    level: 3,
  },
  {
    protection: 'host-files',
    patches: [
      swap(
        recipe,
        "    '--dev-bind',\n    '/dev/null',\n    '/dev/null',\n",
        "    '--ro-bind',\n    '/tmp',\n    '/tmp',\n    '--dev-bind',\n    '/dev/null',\n    '/dev/null',\n",
      ),
    ],
    level: 3,
  },
  {
    protection: 'host-read-only',
    patches: [
      swap(
        recipe,
        "    '--dev-bind',\n    '/dev/null',\n    '/dev/null',\n",
        "    '--bind',\n    '/tmp',\n    '/tmp',\n    '--dev-bind',\n    '/dev/null',\n    '/dev/null',\n",
      ),
      without(recipe, "    '--fsize=0',\n"),
    ],
    level: 3,
  },
  {
    protection: 'host-environment',
    patches: [swap(startHost, `env: { TZ: 'UTC', ...ownNodeEnvironment() },`, 'env: process.env,')],
    level: 0,
  },
  {
    protection: 'host-no-programs',
    patches: [
      swap(
        'runtime/supervisor/confinement/seccomp.ts',
        "    instruction(jumpIfAnyBit, cloneThread, { whenTrue: 1, whenFalse: 'next' }),\n",
        "    instruction(jumpIfAnyBit, 0xffffffff, { whenTrue: 1, whenFalse: 'next' }),\n",
      ),
      without('runtime/supervisor/confinement/syscalls.ts', '    fork: 57,\n    vfork: 58,\n'),
    ],
    level: 3,
  },
  {
    protection: 'host-descriptors',
    patches: [
      swap(
        startHost,
        `...(command.waits ? (['pipe'] as const) : []),`,
        "...(command.waits ? (['pipe'] as const) : (['ignore'] as const)),\n        openSync('/etc/hostname', 'r'),",
      ),
    ],
  },
  {
    protection: 'host-user',
    patches: [
      swap(
        'runtime/supervisor/confinement/install.ts',
        'process.getuid?.() === 0 && isMapped(unprivilegedUser.uid, options.powers) ? unprivilegedUser : undefined',
        'undefined as typeof unprivilegedUser | undefined',
      ),
    ],
    level: 0,
  },
];
