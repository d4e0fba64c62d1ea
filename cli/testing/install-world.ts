import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { testFolder } from '../../runtime/manifest/testing/folder.ts';
import { type TestPlugin, writePackage } from '../../runtime/registry/testing/registries.ts';
import { createSigningKey, type SigningKey } from '../../runtime/trust/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { commandLine } from './terminal.ts';

/** Whom the machine trusts for plugins called `acme-…`. */
export const acme: SigningKey = createSigningKey();

const now = Date.parse('2026-06-01T00:00:00Z');

/** How a command ended. */
interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine with a trust policy and an empty plugin folder. */
export interface InstallWorld {
  readonly cwd: AbsolutePath;
  readonly plugins: AbsolutePath;
  run(argv: readonly string[], options?: { readonly answers?: readonly string[] }): Promise<Answer>;
  /** The code of the error that a command ends with; its exit code where there is none. */
  refusal(argv: readonly string[], options?: { readonly answers?: readonly string[] }): Promise<string | number>;
  pack(plugin: TestPlugin, keys?: readonly SigningKey[]): Promise<{ readonly path: string; readonly digest: string }>;
  /** Adds lines to the trust policy. */
  trust(lines: string): void;
}

const trusting = (lines: string): string =>
  `version: 1\nkeys:\n  - { name: acme, key: "${acme.publicKey.text}", plugins: ["acme-*"] }\n${lines}`;

/** Makes such a machine, for one test. */
export function installWorld(): InstallWorld {
  const cwd = testFolder({ 'trust.yaml': trusting('') });
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const plugins = join(cwd, 'plugins') as AbsolutePath;
  const env = {
    HOME: cwd,
    PLUGIN_DIR: plugins,
    XDG_STATE_HOME: join(cwd, 'state'),
    WATERFLOW_TRUST: join(cwd, 'trust.yaml'),
  };
  let packed = 0;
  const run: InstallWorld['run'] = (argv, options) =>
    commandLine(['plugin', ...argv], { cwd, env, now: () => now, ...options });
  return {
    cwd,
    plugins,
    run,
    refusal: async (argv, options) => {
      const { code, stderr } = await run(argv, options);
      return /error\[(\w+)\]/u.exec(stderr)?.[1] ?? code;
    },
    // Each in a folder of its own: two may have one name.
    pack: (plugin, keys = [acme]) => writePackage(join(cwd, 'packages', String((packed += 1))), plugin, keys),
    trust: (lines) => writeFileSync(join(cwd, 'trust.yaml'), trusting(lines)),
  };
}
