// `npm run test:extism [-- --kit NAME] [--keep] [--reference PYTHON] [--json]`: builds plugins with Extism's own kits, calls each of their functions as a
// sandbox host does, and compares with what it must do. A kit whose compiler isn't on this machine is left out, with how to get it. `--keep` puts what was
// built into runtime/testing/extism/modules; `--reference` names a Python that has the package `extism`, whose runtime must do the same. Kits are
// fetched from their registries. Ends with 1 where something differs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { goCases, keptCases } from '../runtime/testing/extism/cases.ts';
import { buildWith, keptModule, type KitName, kitNames, sources } from './extism/build.ts';
import { checkCases, type CheckedCase } from './extism/check.ts';
import { askReference } from './extism/reference.ts';

process.exitCode = await main(process.argv.slice(2));

interface Flags {
  readonly keep: boolean;
  readonly reference: string | undefined;
  readonly json: boolean;
}

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      kit: { type: 'string', multiple: true },
      keep: { type: 'boolean', default: false },
      reference: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const kits = kitNames.filter((name) => values.kit?.includes(name) ?? true);
  const unknown = values.kit?.find((name) => !kitNames.some((known) => known === name));
  if (unknown !== undefined) {
    process.stderr.write(`there is no kit ${unknown}, only ${kitNames.join(', ')}\n`);
    return 2;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-extism-'));
  try {
    return await tryKits(kits, { ...values, reference: values.reference, scratch });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function tryKits(kits: readonly KitName[], flags: Flags & { readonly scratch: string }): Promise<number> {
  const checked: CheckedCase[] = [];
  for (const kit of kits) {
    process.stderr.write(`${kit}...\n`);
    const built = buildWith(kit, flags.scratch);
    if (built.state === 'missing') {
      process.stderr.write(`${kit}: skipped: ${built.reason}. ${built.remedy}\n`);
      continue;
    }
    for (const [name, module] of built.modules) {
      const file = join(flags.scratch, `${name}.wasm`);
      writeFileSync(file, module);
      const cases = [...keptCases, ...goCases].filter((each) => each.module === name);
      const reference = flags.reference === undefined ? undefined : askReference(flags.reference, file, cases);
      checked.push(...(await checkCases(module, cases, reference)));
      process.stderr.write(`  ${name}.wasm: ${module.byteLength} bytes${comparedWithKept(name, module)}\n`);
      if (flags.keep && keptCases.some((each) => each.module === name)) keep(name, module);
    }
  }
  const wrong = checked.filter(({ problem }) => problem !== undefined);
  if (flags.json) process.stdout.write(`${JSON.stringify({ checked })}\n`);
  else {
    for (const { module, entry, problem } of wrong) process.stdout.write(`${module}: ${entry}: ${problem}\n`);
    process.stdout.write(`${checked.length} calls, ${wrong.length} of them wrong\n`);
  }
  return wrong.length === 0 ? 0 : 1;
}

function comparedWithKept(name: string, module: Uint8Array): string {
  const kept = keptModule(name);
  if (kept === undefined) return '';
  return Buffer.compare(kept, module) === 0 ? ', the same as the one that is kept' : ', another one than is kept';
}

function keep(name: string, module: Uint8Array): void {
  mkdirSync(join(sources, 'modules'), { recursive: true });
  writeFileSync(join(sources, 'modules', `${name}.wasm`), module);
}
