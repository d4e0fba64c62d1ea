import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ByteReader, sectionIds, sectionsOf } from './binary.ts';
import { ScriptFailure } from './build-engine.ts';
import { snapshot, sourceMapSection } from './snapshot.ts';

const read = (name: string): Buffer => readFileSync(join(import.meta.dirname, name));
const engine = read('engine.wasm');

/** The least prelude that the engine takes: it gives the plugin's `answer` out. */
const prelude = `(function (natives) {
  return {
    start: (plugin, inputs) => natives.output(JSON.stringify({ answer: plugin.answer, inputs: JSON.parse(inputs) })),
    settle: () => false,
    natives,
  };
})`;
const parts = { engine, prelude, plugin: '(function () { return { answer: 42 }; })', sourceMap: '{"version":3}' };
const made = (changed: Partial<typeof parts> & { readonly memoryBytes?: number } = {}): Uint8Array =>
  snapshot({ memoryBytes: 64 * 1024 * 1024, ...parts, ...changed });

describe('engine.wasm', () => {
  it('is what the build script made last', () => {
    expect(createHash('sha256').update(engine).digest('hex')).toBe(read('engine.wasm.sha256').toString('utf8').trim());
  });

  it("imports nothing but Extism's memory, error and log functions, and the one for host calls", () => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(engine));
    expect(imports.map(({ module, name, kind }) => `${kind} ${module} ${name}`).sort()).toEqual([
      'function extism:host/env alloc',
      'function extism:host/env error_set',
      'function extism:host/env free',
      'function extism:host/env input_length',
      'function extism:host/env input_load_u64',
      'function extism:host/env input_load_u8',
      'function extism:host/env length',
      'function extism:host/env load_u64',
      'function extism:host/env load_u8',
      'function extism:host/env output_set',
      'function extism:host/env store_u64',
      'function extism:host/env store_u8',
      'function extism:host/user host_call',
    ]);
  });

  it('is made of sources whose digests are kept, with their licences beside', () => {
    expect(read('sources.sha256').toString('utf8')).toMatch(/^[0-9a-f]{64} {2}quickjs\.c$/m);
    expect(read('licences/quickjs-ng.txt').toString('utf8')).toContain('MIT License');
  });
});

describe('a snapshot', () => {
  it('is a module of one export, a bounded memory and no start, the same each time', () => {
    const module = made();
    expect(Buffer.from(module).equals(made())).toBe(true);
    const compiled = new WebAssembly.Module(module);
    expect(WebAssembly.Module.exports(compiled)).toEqual([
      { name: 'memory', kind: 'memory' },
      { name: 'run', kind: 'function' },
    ]);
    const sections = sectionsOf(module);
    expect(sections.map(({ id }) => id)).not.toContain(sectionIds.start);
    const memory = new ByteReader(sections.find(({ id }) => id === sectionIds.memory)?.body ?? new Uint8Array());
    const [count, flags, least, most] = [memory.byte(), memory.byte(), memory.unsigned(), memory.unsigned()];
    expect({ count, flags, most }).toEqual({ count: 1, flags: 1, most: 1024 });
    expect(least).toBeLessThan(50);
    const [map] = WebAssembly.Module.customSections(compiled, sourceMapSection);
    expect(Buffer.from(map ?? new ArrayBuffer()).toString()).toBe(parts.sourceMap);
  });

  it('goes on where the scripts left off, each instance from there', () => {
    const compiled = new WebAssembly.Module(
      made({ plugin: '(function () { let n = 41; return { get answer() { return ++n } }; })' }),
    );
    const outputs = [1, 2].map((time) => {
      const input = Buffer.from(JSON.stringify({ time, text: 'ä😀' }));
      const blocks: Buffer[] = [];
      let output = '';
      const kernel = {
        input_length: () => BigInt(input.length),
        input_load_u8: (at: bigint) => input.readUInt8(Number(at)),
        input_load_u64: (at: bigint) => input.readBigUInt64LE(Number(at)),
        // A block's address has its number above its bytes.
        alloc: (length: bigint) => BigInt(blocks.push(Buffer.alloc(Number(length)))) << 32n,
        store_u8: (at: bigint, byte: number) =>
          blocks[Number(at >> 32n) - 1]?.writeUInt8(byte, Number(at & 0xffffffffn)),
        store_u64: (at: bigint, word: bigint) =>
          blocks[Number(at >> 32n) - 1]?.writeBigUInt64LE(BigInt.asUintN(64, word), Number(at & 0xffffffffn)),
        output_set: (at: bigint) => {
          output = blocks[Number(at >> 32n) - 1]?.toString() ?? '';
        },
      };
      const unused = Object.fromEntries(
        ['error_set', 'free', 'length', 'load_u64', 'load_u8', 'host_call'].map((name) => [name, () => 0n]),
      );
      const instance = new WebAssembly.Instance(compiled, {
        'extism:host/env': { ...unused, ...kernel },
        'extism:host/user': unused,
      });
      // shim.c exports it.
      (instance.exports['run'] as () => number)();
      return JSON.parse(output) as unknown;
    });
    expect(outputs).toEqual([1, 2].map((time) => ({ answer: 42, inputs: { time, text: 'ä😀' } })));
  });

  it('is not made of a script that throws, and says which places led there', () => {
    const plugin = "(function () { function inner() { throw new RangeError('two\\nlines'); } inner(); })";
    const failure = thrownBy(() => made({ plugin }));
    expect(failure).toBeInstanceOf(ScriptFailure);
    expect(failure).toMatchObject({
      message: 'RangeError: two\nlines',
      places: expect.stringMatching(/^ +at inner \(plugin\.js:1:\d+\)/),
    });
    expect(thrownBy(() => made({ plugin: '(function () {' }))).toMatchObject({
      message: expect.stringContaining('SyntaxError'),
    });
  });

  it.each(["natives.send('{}')", "natives.refuse('a thing')"])(
    'is not made of a script that wants a host: %s',
    (code) => {
      const asking = `(function (natives) { ${code}; return {}; })`;
      expect(thrownBy(() => made({ plugin: asking }))).toMatchObject({
        message: expect.stringContaining('at the top level of a module would happen when the plugin is built'),
      });
    },
  );

  it('is not made of an engine with a start section, or of what is no engine', () => {
    const withStart = Buffer.concat([engine, Buffer.from([sectionIds.start, 1, 0])]);
    expect(() => made({ engine: withStart })).toThrow('has a start section');
    expect(() => sectionsOf(Buffer.from('no module'))).toThrow('it is no module');
    expect(() => sectionsOf(engine.subarray(0, engine.length - 1))).toThrow('in the middle of something');
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
