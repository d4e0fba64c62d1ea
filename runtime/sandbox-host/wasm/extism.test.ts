import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callExtism } from '../../testing/extism/call.ts';
import { keptCases } from '../../testing/extism/cases.ts';

const modules = join(import.meta.dirname, '../../testing/extism/modules');

const named = keptCases.map(({ end, ...given }) => ({ name: `${given.module}: ${given.entry}`, end, ...given }));
const answering = named.flatMap(({ end, ...given }) => ('output' in end ? { ...given, output: end.output } : []));
const failing = named.flatMap(({ end, ...given }) => ('fails' in end ? { ...given, fails: end.fails } : []));
const moduleOf = (name: string): Uint8Array => readFileSync(join(modules, `${name}.wasm`));

describe("a plugin that was made with Extism's kit", () => {
  it.each(answering)('$name answers', async ({ output, log, ...given }) => {
    const answer = await callExtism(moduleOf(given.module), given);
    expect(answer).toEqual({ end: { output: Buffer.from(output) }, log: log ?? answer.log });
  });

  it.each(failing)('$name fails, and says why', async ({ fails, ...given }) => {
    const { end } = await callExtism(moduleOf(given.module), given);
    expect(end).toEqual({ fails: expect.stringContaining(fails) });
  });
});
