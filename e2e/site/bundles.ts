import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { launcher } from '../command.ts';
import { makeReleasePair } from '../release/releases.ts';
import { temporalServerFolder } from '../require.ts';

/** What a site gets, in a folder: bundles, the key that they are signed with, and whose plugins it trusts. */
export interface SiteBundles {
  readonly scratch: string;
  /** Two versions, the older one first. */
  readonly versions: readonly [string, string];
  /** Their files, in the same order. */
  readonly bundles: readonly [string, string];
  readonly publicKey: string;
  readonly trust: string;
  /** Of the plugin acme-greet in both of them. */
  readonly pluginDigest: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    site: SiteBundles;
  }
}

/**
 * Makes two releases of what is committed, and a bundle of each, with Temporal and a plugin. Where WATERFLOW_SITE_RELEASES names a folder with
 * releases `made` and `next`, it takes these.
 */
export default function setup(project: TestProject): () => void {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-site-'));
  const remove = (): void => rmSync(scratch, { recursive: true, force: true });
  try {
    project.provide('site', makeBundles(scratch));
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

/** Two releases, each a folder, and the key that they are signed with. */
export interface SiteReleases {
  readonly made: string;
  readonly next: string;
  readonly publicKey: string;
}

/** Those that WATERFLOW_SITE_RELEASES names, with their key in `release.pub`; otherwise they are made in the folder. */
export function releasesIn(scratch: string): SiteReleases {
  const named = process.env['WATERFLOW_SITE_RELEASES'];
  if (named === undefined) return makeReleasePair(scratch);
  return { made: join(named, 'made'), next: join(named, 'next'), publicKey: join(named, 'release.pub') };
}

const greeting = `name: acme-greet
version: 1.0.0
description: Says hello.
runtime: isolate
main: index.ts
outputs: { text: { type: string } }
`;

/** Makes them in a folder: keys in `keys`, the plugin in `packages`. */
export function makeBundles(scratch: string, releases: SiteReleases = releasesIn(scratch)): SiteBundles {
  const keys = join(scratch, 'keys');
  mkdirSync(keys, { mode: 0o700 });
  const waterflow = (...argv: readonly string[]): string =>
    execFileSync(launcher, argv, { cwd: keys, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  waterflow('keys', 'new', '--signing', '--name', 'site');
  waterflow('keys', 'new', '--signing', '--name', 'acme');

  const plugin = join(scratch, 'acme-greet');
  mkdirSync(plugin);
  writeFileSync(join(plugin, 'plugin.yaml'), greeting);
  writeFileSync(join(plugin, 'index.ts'), "export default (): object => ({ text: 'hello' });\n");
  const packages = join(scratch, 'packages');
  mkdirSync(packages);
  waterflow('plugin', 'pack', plugin, '--out', packages);
  waterflow('plugin', 'sign', join(packages, 'acme-greet-1.0.0.tgz'), '--key', 'acme.key');
  const key = readFileSync(join(keys, 'acme.pub'), 'utf8').trim();
  const trust = join(scratch, 'trust.yaml');
  writeFileSync(trust, `version: 1\nkeys:\n  - { name: acme, key: "${key}", plugins: [acme-*] }\n`);

  const versions = [versionOf(releases.made), versionOf(releases.next)] as const;
  const pair = [releases.made, releases.next] as const;
  for (const [index, release] of pair.entries()) {
    const parts = [
      '--plugins',
      packages,
      '--with-temporal',
      temporalServerFolder(),
      '--public-keys',
      join(keys, 'acme.pub'),
    ];
    const out = bundleIn(scratch, versions[index] ?? '');
    waterflow('bundle', '--release', release, ...parts, '--key', 'site.key', '--out', out);
  }
  const bundles = [bundleIn(scratch, versions[0]), bundleIn(scratch, versions[1])] as const;
  const report: unknown = JSON.parse(
    waterflow('plugin', 'verify', join(packages, 'acme-greet-1.0.0.tgz'), '--trust', trust, '--json'),
  );
  const { digest } = report as { readonly digest: string }; // As the command says.
  return { scratch, versions, bundles, publicKey: join(keys, 'site.pub'), trust, pluginDigest: digest };
}

const bundleIn = (folder: string, version: string): string => join(folder, `${version}.tar.zst`);

function versionOf(folder: string): string {
  if (!existsSync(folder)) throw new Error(`${folder} is not there`);
  const versions = readdirSync(folder).flatMap((name) => /^waterflow-(.+)-linux-x64\.tar\.gz$/u.exec(name)?.[1] ?? []);
  return versions[0] ?? '';
}
