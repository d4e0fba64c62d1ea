import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostCall, HostCallHandler } from '../host-call.ts';
import type { Supervisor } from '../supervisor/api.ts';
import { createSupervisor } from '../supervisor/index.ts';
import { requestOf, wasm } from '../testing/invocation.ts';
import { assemble } from '../testing/wasm-builder.ts';
import { code, echoModule, frameModule, outputModule, runModule } from '../testing/wasm-modules.ts';

const kernel = (name: string, parameters: readonly ('i32' | 'i64')[], results: readonly ('i32' | 'i64')[] = []) =>
  ({ module: 'extism:host/env', name, parameters, results }) as const;
const wasi = (name: string, parameters: readonly ('i32' | 'i64')[], results: readonly ('i32' | 'i64')[] = ['i32']) =>
  ({ module: 'wasi_snapshot_preview1', name, parameters, results }) as const;

let supervisor: Supervisor;
beforeAll(async () => {
  supervisor = await createSupervisor({ pool: { spares: { isolate: 0, wasm: 1 } } });
});
afterAll(() => supervisor[Symbol.asyncDispose]());

describe('ABI waterflow', () => {
  it('gives the inputs as JSON, exactly, and takes the outputs', async () => {
    const inputs = { text: 'ü€😀', list: [1, 2] };
    expect(await supervisor.invoke(requestOf(wasm(echoModule), { inputs }))).toEqual({
      kind: 'returned',
      outputs: inputs,
    });
  });

  it('calls the host and gets the answer', async () => {
    const module = frameModule(['{"v":1,"do":"call","capability":"clock","operation":"now","args":{"a":1}}']);
    const calls: HostCall[] = [];
    const outcome = await supervisor.invoke(
      requestOf(wasm(module), { host: async (call) => (calls.push(call), { ok: 12 }) }),
    );
    expect(calls).toEqual([{ capability: 'clock', operation: 'now', args: { a: 1 } }]);
    expect(outcome).toMatchObject({ kind: 'returned', outputs: { ok: 12 } });
  });

  it('submits two calls and waits for whichever comes first', async () => {
    const submit = (operation: string) => `{"v":1,"do":"submit","capability":"c","operation":"${operation}"}`;
    const module = frameModule([submit('slow'), submit('fast'), '{"v":1,"do":"wait"}']);
    const host: HostCallHandler = async ({ operation }, _signal, underway) => {
      underway?.();
      return operation === 'fast' ? { ok: operation } : new Promise<never>(() => {});
    };
    const outcome = await supervisor.invoke(requestOf(wasm(module), { host }));
    expect(outcome).toMatchObject({ kind: 'returned', outputs: { ok: 'fast' } });
  });

  it('fails where a call that it submitted is denied, and it never takes the answer', async () => {
    const submit = '{"v":1,"do":"submit","capability":"c","operation":"o"}';
    const denied = { code: 'DENIED', rule: 'a rule', message: 'not this', remedy: 'ask for it' } as const;
    const host = async () => ({ denied });
    const unseen = await supervisor.invoke(requestOf(wasm(frameModule([submit])), { host }));
    expect(unseen).toMatchObject({ kind: 'failed', class: 'denied', error: { code: 'DENIED', rule: 'a rule' } });
    const seen = wasm(frameModule([submit, '{"v":1,"do":"wait"}']));
    expect(await supervisor.invoke(requestOf(seen, { host }))).toMatchObject({ kind: 'returned', outputs: { denied } });
  });

  it('waits for a log line that it submitted, as for any call', async () => {
    const submit = '{"v":1,"do":"submit","capability":"log","operation":"write","args":{"text":"x"}}';
    const outcome = await supervisor.invoke(requestOf(wasm(frameModule([submit, '{"v":1,"do":"wait"}']))));
    expect(outcome).toMatchObject({ kind: 'returned', outputs: { ok: { text: 'x' } } });
  });

  it('is told of arguments that are nested beyond what can be sent', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const frame = `{"v":1,"do":"call","capability":"a","operation":"b","args":${deep}}`;
    const outcome = await supervisor.invoke(requestOf(wasm(frameModule([frame]))));
    expect(outcome).toMatchObject({ kind: 'returned', outputs: { error: { code: 'INVALID_ARGUMENTS' } } });
  });

  it('gets a denial as a value', async () => {
    const module = frameModule(['{"v":1,"do":"call","capability":"net","operation":"request","args":{}}']);
    const denied = { code: 'DENIED', rule: 'r', message: 'm', remedy: 'x' } as const;
    expect(await supervisor.invoke(requestOf(wasm(module), { host: async () => ({ denied }) }))).toMatchObject({
      kind: 'returned',
      outputs: { denied },
    });
  });

  it('gets told that the step is being cancelled', async () => {
    const cancel = new AbortController();
    const module = frameModule(['{"v":1,"do":"call","capability":"sleep","operation":"for"}']);
    const host = async () => {
      cancel.abort();
      return new Promise<never>(() => {});
    };
    expect(await supervisor.invoke(requestOf(wasm(module), { host, signal: cancel.signal }))).toMatchObject({
      kind: 'returned',
      outputs: { cancelled: true },
    });
  });

  it.each([
    ['no JSON', '{'],
    ['no version', '{"do":"wait"}'],
    ['an unknown verb', '{"v":1,"do":"grant"}'],
    ['no capability', '{"v":1,"do":"call","operation":"x"}'],
    ['a list', '[1]'],
    ['a wait for nothing', '{"v":1,"do":"wait"}'],
  ])('answers a frame with %s by an error, never by the end', async (_, frame) => {
    expect(await supervisor.invoke(requestOf(wasm(frameModule([frame]))))).toMatchObject({
      kind: 'returned',
      outputs: { error: { code: 'INVALID_ARGUMENTS' } },
    });
  });

  it.each([
    ['an older WASI', { module: 'wasi_unstable', name: 'fd_write' } as const, 'fd_write', 'WASI preview 1'],
    ['what WASI has no stand-in for', wasi('thread_spawn', ['i32']), 'thread_spawn', 'WASI preview 1'],
    ['HTTP past the host call', kernel('http_request', ['i64', 'i64'], ['i64']), 'http_request', 'host_call'],
    ["AssemblyScript's abort", { module: 'env', name: 'abort' } as const, 'abort', '--use abort='],
    ['anything else', { module: 'node:fs', name: 'open' } as const, 'open', 'Build the module without it'],
  ])('refuses a module that imports %s, before it runs, and says what to do', async (_, imported, name, remedy) => {
    const module = runModule(code(['unreachable']), { imports: [imported] });
    const outcome = await supervisor.invoke(requestOf(wasm(module)));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'PLUGIN_INVALID' } });
    expect(outcome.kind === 'failed' && outcome.error.message).toContain(name);
    expect(outcome.kind === 'failed' && outcome.error.remedy).toContain(remedy);
  });

  it('refuses a module without the entry', async () => {
    const module = assemble({ functions: [{ exported: 'other', body: [] }] });
    expect(await supervisor.invoke(requestOf(wasm(module)))).toMatchObject({
      kind: 'failed',
      error: { code: 'PLUGIN_INVALID', message: 'the module exports no function run' },
    });
  });

  it('never hands over more than the input: no neighbours from a shared buffer', async () => {
    const plugin = wasm(echoModule, { abi: 'extism' });
    const outcome = await supervisor.invoke(requestOf(plugin, { inputs: { input: 'five!' } }));
    expect(outcome).toEqual({ kind: 'returned', outputs: { output: 'five!' } });
  });

  it("runs _initialize before the entry, as a language's runtime needs it", async () => {
    const store = code(['i32', 0], ['i32', 1], ['store32']);
    const trapUnlessStored = code(['block'], ['i32', 0], ['load8'], ['brIf', 0], ['unreachable'], ['end']);
    const module = assemble({
      functions: [
        { exported: '_initialize', body: store },
        { exported: 'run', body: trapUnlessStored },
      ],
    });
    expect(await supervisor.invoke(requestOf(wasm(module)))).toEqual({ kind: 'returned', outputs: {} });
  });

  it('starts with clean memory every time', async () => {
    const trapIfStored = code(['block'], ['i32', 0], ['load8'], ['eqz32'], ['brIf', 0], ['unreachable'], ['end']);
    const plugin = wasm(runModule([...trapIfStored, ...code(['i32', 0], ['i32', 1], ['store32'])]));
    for (let call = 0; call < 3; call += 1) expect((await supervisor.invoke(requestOf(plugin))).kind).toBe('returned');
  });
});

describe('ABI extism', () => {
  const extism = (module: Uint8Array, config?: Readonly<Record<string, string>>) =>
    wasm(module, { abi: 'extism', ...(config === undefined ? {} : { config }) });

  it('outputs text as text, and other bytes as base64', async () => {
    expect(await supervisor.invoke(requestOf(extism(outputModule('plain text'))))).toEqual({
      kind: 'returned',
      outputs: { output: 'plain text' },
    });
    // One byte that no UTF-8 text begins with.
    const module = assemble({
      imports: [
        kernel('alloc', ['i64'], ['i64']),
        kernel('store_u8', ['i64', 'i32']),
        kernel('output_set', ['i64', 'i64']),
      ],
      functions: [
        {
          exported: 'run',
          locals: ['i64'],
          body: code(
            ['i64', 1],
            ['call', 0],
            ['localTee', 0],
            ['i32', 255],
            ['call', 1],
            ['localGet', 0],
            ['i64', 1],
            ['call', 2],
          ),
        },
      ],
    });
    expect(await supervisor.invoke(requestOf(extism(module)))).toEqual({
      kind: 'returned',
      outputs: { output_base64: Buffer.from([255]).toString('base64') },
    });
  });

  /** Reads the config key that lies at the start of memory, and outputs its value. */
  const configModule = (key: string) => {
    const store = [...Buffer.from(key)].flatMap((byte, index) =>
      code(['localGet', 0], ['i64', index], ['add64'], ['i32', byte], ['call', 1]),
    );
    return assemble({
      imports: [
        kernel('alloc', ['i64'], ['i64']),
        kernel('store_u8', ['i64', 'i32']),
        kernel('config_get', ['i64'], ['i64']),
        kernel('length', ['i64'], ['i64']),
        kernel('output_set', ['i64', 'i64']),
      ],
      functions: [
        {
          exported: 'run',
          locals: ['i64'],
          body: [
            ...code(['i64', key.length], ['call', 0], ['localSet', 0]),
            ...store,
            ...code(['localGet', 0], ['call', 2], ['localTee', 0], ['localGet', 0], ['call', 3], ['call', 4]),
          ],
        },
      ],
    });
  };

  it("reads its config, and no property of JavaScript's objects", async () => {
    const config = { greeting: 'hello' };
    expect(await supervisor.invoke(requestOf(extism(configModule('greeting'), config)))).toEqual({
      kind: 'returned',
      outputs: { output: 'hello' },
    });
    const outcome = await supervisor.invoke(requestOf(extism(configModule('constructor'), config)));
    expect(JSON.stringify(outcome)).not.toContain('function');
  });

  /** Makes the HTTP request in its data and outputs the body. */
  const httpModule = (request: object) => {
    const text = JSON.stringify(request);
    const store = [...Buffer.from(text)].flatMap((byte, index) =>
      code(['localGet', 0], ['i64', index], ['add64'], ['i32', byte], ['call', 1]),
    );
    return assemble({
      imports: [
        kernel('alloc', ['i64'], ['i64']),
        kernel('store_u8', ['i64', 'i32']),
        kernel('http_request', ['i64', 'i64'], ['i64']),
        kernel('length', ['i64'], ['i64']),
        kernel('output_set', ['i64', 'i64']),
      ],
      functions: [
        {
          exported: 'run',
          locals: ['i64'],
          body: [
            ...code(['i64', text.length], ['call', 0], ['localSet', 0]),
            ...store,
            ...code(
              ['localGet', 0],
              ['i64', 0],
              ['call', 2],
              ['localTee', 0],
              ['localGet', 0],
              ['call', 3],
              ['call', 4],
            ),
          ],
        },
      ],
    });
  };

  it('makes its HTTP requests as the host call net.request', async () => {
    const calls: HostCall[] = [];
    const host = async (call: HostCall) => {
      calls.push(call);
      return { ok: { status: 200, headers: {}, body: Buffer.from('the body').toString('base64') } };
    };
    const module = httpModule({ url: 'https://example.com/x', method: 'GET', headers: { a: 'b' } });
    expect(await supervisor.invoke(requestOf(extism(module), { host }))).toEqual({
      kind: 'returned',
      outputs: { output: 'the body' },
    });
    expect(calls).toEqual([
      {
        capability: 'net',
        operation: 'request',
        args: {
          url: 'https://example.com/x',
          method: 'GET',
          headers: { a: 'b' },
          response: 'base64',
          max_bytes: 8 * 1024 * 1024,
        },
      },
    ]);
  });

  it('fails as denied where a request is denied', async () => {
    const denied = { code: 'DENIED', rule: 'manifest net', message: 'not there', remedy: 'request it' } as const;
    const outcome = await supervisor.invoke(
      requestOf(extism(httpModule({ url: 'https://example.com/' })), { host: async () => ({ denied }) }),
    );
    expect(outcome).toMatchObject({ kind: 'failed', class: 'denied', error: { code: 'DENIED', rule: 'manifest net' } });
  });
});

describe.each(['waterflow', 'extism'] as const)('WASI in ABI %s', (abi) => {
  it('has no power: no arguments, no files, nothing to read from', async () => {
    // Traps unless each call fails or says that there is nothing.
    const expectResult = (result: number) => code(['i32', result], ['ltUnsigned32'], ['eqz32'], ['eqz32'], ['drop']);
    const module = assemble({
      imports: [
        wasi('args_sizes_get', ['i32', 'i32']),
        wasi('fd_read', ['i32', 'i32', 'i32', 'i32']),
        wasi('fd_prestat_get', ['i32', 'i32']),
        wasi('proc_exit', ['i32'], []),
      ],
      functions: [
        {
          exported: 'run',
          body: [
            ...code(['i32', 0], ['i32', 4], ['call', 0], ['drop']),
            ...code(['i32', 3], ['i32', 0], ['call', 2]),
            ...expectResult(0),
            // The exit code is what fd_read answers of a file: 8, a bad descriptor.
            ...code(['i32', 3], ['i32', 0], ['i32', 0], ['i32', 0], ['call', 1], ['call', 3]),
          ],
        },
      ],
    });
    expect(await supervisor.invoke(requestOf(wasm(module, { abi })))).toMatchObject({
      kind: 'failed',
      error: { code: 'STEP_FAILED', message: 'the module ended itself with exit code 8' },
    });
  });

  it('writes what a module prints to the log', async () => {
    const text = 'printed\n';
    const calls: HostCall[] = [];
    const module = assemble({
      imports: [wasi('fd_write', ['i32', 'i32', 'i32', 'i32'])],
      data: text,
      functions: [
        {
          exported: 'run',
          body: [
            ...code(['i32', 100], ['i32', 0], ['store32'], ['i32', 104], ['i32', text.length], ['store32']),
            ...code(['i32', 1], ['i32', 100], ['i32', 1], ['i32', 120], ['call', 0], ['drop']),
          ],
        },
      ],
    });
    const outcome = await supervisor.invoke(
      requestOf(wasm(module, { abi }), { host: async (call) => (calls.push(call), { ok: null }) }),
    );
    expect(outcome.kind).toBe('returned');
    expect(calls).toEqual([{ capability: 'log', operation: 'write', args: { text: 'printed' } }]);
  });
});
