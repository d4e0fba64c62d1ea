import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvocationOutcome, Supervisor } from '../supervisor/api.ts';
import { createSupervisor } from '../supervisor/index.ts';
import { requestOf, wasm } from '../testing/invocation.ts';
import { assemble, op } from '../testing/wasm-builder.ts';
import { code, frameModule, outputModule, runModule } from '../testing/wasm-modules.ts';

const loopForEver = code(['loop'], ['br', 0], ['end']);
/** Grows by 16 pages until it is refused, then traps, as an allocator would. */
const growUntilRefused = code(
  ['loop'],
  ['i32', 16],
  ['memoryGrow'],
  ['i32', 0],
  ['ltSigned32'],
  ['eqz32'],
  ['brIf', 0],
  ['end'],
  ['unreachable'],
);
const pages = 1000;
const fillMuch = code(
  ['i32', pages],
  ['memoryGrow'],
  ['drop'],
  ['loop'],
  ['i32', 0],
  ['i32', 1],
  ['i32', pages * 65536],
  ['memoryFill'],
  ['br', 0],
  ['end'],
);
const allocation = { module: 'extism:host/env', name: 'alloc', parameters: ['i64'], results: ['i64'] } as const;
/** Asks the kernel for block after block of 1 MiB: they lie in the host's heap, not in the module's memory. */
const allocateBlocks = code(['loop'], ['i64', 1 << 20], ['call', 0], ['drop'], ['br', 0], ['end']);
const logImport = { module: 'extism:host/env', name: 'log_info', parameters: ['i64'] } as const;
const logForEver = code(['i64', 1 << 16], ['call', 0], ['drop'], ['loop'], ['i64', 0], ['call', 1], ['br', 0], ['end']);
/** Many memories, each within the bound of one. */
const manyMemories = Array.from({ length: 60 }, () => ({ pages: 512 }));
const fillAll = manyMemories.flatMap((_, memory) => [
  ...code(['i32', 0], ['i32', 1], ['i32', 512 * 65536]),
  ...(op['memoryFill']?.(memory) ?? []),
]);
const recursion = assemble({ functions: [{ exported: 'run', body: code(['call', 0]) }] });
const startLoop = assemble({ functions: [{ body: loopForEver }, { exported: 'run', body: [] }], start: 0 });
const callForEver = '{"v":1,"do":"call","capability":"clock","operation":"now"}';

const bombs: readonly { readonly name: string; readonly module: Uint8Array; readonly codes: readonly string[] }[] = [
  { name: 'loops in run', module: runModule(loopForEver), codes: ['TIMEOUT'] },
  { name: 'loops at instantiation', module: startLoop, codes: ['TIMEOUT'] },
  { name: 'recurses without end', module: recursion, codes: ['STEP_FAILED'] },
  { name: 'grows its memory until it is refused', module: runModule(growUntilRefused), codes: ['OUT_OF_MEMORY'] },
  { name: 'fills its memory', module: runModule(fillMuch), codes: ['OUT_OF_MEMORY', 'TIMEOUT'] },
  {
    name: 'declares more memory than it may have',
    module: runModule([], { memories: [{ pages: 30_000 }] }),
    codes: ['OUT_OF_MEMORY', 'PLUGIN_INVALID'],
  },
  {
    name: 'has many memories and fills them',
    module: runModule(fillAll, { memories: manyMemories }),
    codes: ['OUT_OF_MEMORY', 'PLUGIN_INVALID', 'SANDBOX_CRASHED'],
  },
  {
    name: 'allocates blocks without end',
    module: runModule(allocateBlocks, { imports: [allocation] }),
    codes: ['OUT_OF_MEMORY', 'TIMEOUT'],
  },
  { name: 'traps', module: runModule(code(['unreachable'])), codes: ['STEP_FAILED'] },
  {
    name: 'bombs the log',
    module: runModule(logForEver, { imports: [allocation, logImport] }),
    codes: ['LIMIT_EXCEEDED'],
  },
  {
    name: 'floods the host with calls',
    module: frameModule(Array.from({ length: 400 }, () => callForEver)),
    codes: ['LIMIT_EXCEEDED'],
  },
  {
    name: 'outputs more than it may',
    module: outputModule(`{"text":"${'x'.repeat(3000)}"}`),
    codes: ['OUTPUT_TOO_LARGE'],
  },
  { name: 'outputs no JSON', module: outputModule('{"text"'), codes: ['INVALID_OUTPUT'] },
  {
    name: 'outputs what is nested too deep',
    module: outputModule('['.repeat(200) + ']'.repeat(200)),
    codes: ['INVALID_OUTPUT'],
  },
  { name: 'is no module', module: new Uint8Array([1, 2, 3]), codes: ['PLUGIN_INVALID'] },
];

describe('a WASM module that tries to use up the machine', () => {
  let supervisor: Supervisor;
  beforeAll(async () => {
    supervisor = await createSupervisor({ pool: { spares: { isolate: 0, wasm: 1 } } });
  });
  afterAll(() => supervisor[Symbol.asyncDispose]());

  const fine = wasm(outputModule('{"fine":true}'));

  it.each(bombs)('$name: is ended, and nobody else notices', async ({ module, codes }) => {
    const limits = { timeout_ms: 1500, host_calls: 300, output_bytes: 2000 };
    const [bombed, other] = await Promise.all([
      supervisor.invoke(requestOf(wasm(module), { limits })),
      supervisor.invoke(requestOf(fine)),
    ]);

    expect(codes, JSON.stringify(bombed)).toContain(codeOf(bombed));
    expect(other).toEqual({ kind: 'returned', outputs: { fine: true } });
    // The same plugin again: it gets a host and ends as before.
    const again = await supervisor.invoke(requestOf(wasm(module), { limits }));
    expect(codes).toContain(codeOf(again));
  });
});

function codeOf(outcome: InvocationOutcome): string {
  return outcome.kind === 'returned' ? 'returned' : outcome.error.code;
}
