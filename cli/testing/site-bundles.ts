import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ArchiveEntry, textEntry, writeArchive } from '../release/archive.ts';
import { digestOfFile, sumsFile, sumsText } from '../release/sums.ts';

const time = new Date('2026-06-01T12:00:00Z');

/** A program in the place of the launcher that tells its version, and what it was started with. */
const launcher = (version: string): string => `#!/bin/sh\necho "waterflow ${version} $*"\n`;

/** Writes a release of next to nothing: its archive has a launcher, and everything around it is as a real one has it. */
export async function writeRelease(folder: string, version: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const name = `waterflow-${version}-linux-x64`;
  const bytes = Buffer.from(launcher(version));
  const program: ArchiveEntry = { path: 'bin/waterflow', executable: true, content: { bytes } };
  const contents = sumsText(new Map([['bin/waterflow', createHash('sha256').update(bytes).digest('hex')]]));
  const form = { folder: name, time, compression: 'gzip' } as const;
  await writeArchive(join(folder, `${name}.tar.gz`), [program, textEntry(sumsFile, contents)], form);
  writeFileSync(join(folder, `${name}.contents`), contents);
  writeFileSync(join(folder, `${name}.cdx.json`), `{ "timestamp": "${time.toISOString()}" }\n`.replace('{ ', '{\n  '));
  const files = ['tar.gz', 'contents', 'cdx.json'].map((extension) => `${name}.${extension}`);
  const sums = new Map<string, string>();
  for (const file of files) sums.set(file, await digestOfFile(join(folder, file)));
  writeFileSync(join(folder, sumsFile), sumsText(sums));
}
