import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WaterflowFailure } from '../../schemas/index.ts';
import { digestOfFile, readSums, signatureFile, sumsFile } from './sums.ts';

/** A folder with the files of a release, which are what its checksums say. */
export interface Release {
  readonly folder: string;
  readonly version: string;
  /** Names of all of them, with those of the checksums and of their signature. */
  readonly files: readonly string[];
  /** When its commit was made. */
  readonly time: Date;
}

/** Reads and checks a folder. Throws WaterflowFailure RELEASE_INVALID; the signature is for who installs it, and not looked at. */
export async function readRelease(folder: string): Promise<Release> {
  const text = await readFile(join(folder, sumsFile), 'utf8').catch(() => {
    throw releaseInvalid(folder, `it has no ${sumsFile}`);
  });
  const sums = readSums(text);
  if (sums === undefined) throw releaseInvalid(folder, `${sumsFile} is not a list of digests`);
  const own = new Set([sumsFile, signatureFile]);
  const files = (await readdir(folder)).toSorted();
  for (const name of files) {
    if (!own.has(name) && !sums.has(name)) throw releaseInvalid(folder, `${name} is not in ${sumsFile}`);
  }
  for (const [name, digest] of sums) {
    const found = await digestOfFile(join(folder, name)).catch(() => undefined);
    if (found === undefined) throw releaseInvalid(folder, `${name} is missing`);
    if (found !== digest) throw releaseInvalid(folder, `${name} was changed`);
  }
  const archives = files.flatMap((name) => /^waterflow-(\d.*)-linux-x64\.tar\.gz$/u.exec(name)?.[1] ?? []);
  const [version, another] = archives;
  if (version === undefined || another !== undefined)
    throw releaseInvalid(folder, 'it has no archive for Linux, or several');
  return { folder, version, files, time: await timeOf(folder, version) };
}

/** The bill of materials says it. */
async function timeOf(folder: string, version: string): Promise<Date> {
  const name = `waterflow-${version}-linux-x64.cdx.json`;
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  const [, timestamp = ''] = /"timestamp": "([^"]+)"/u.exec(text) ?? [];
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime())) throw releaseInvalid(folder, `${name} doesn't say when its commit was made`);
  return time;
}

function releaseInvalid(folder: string, message: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RELEASE_INVALID',
    message: `${folder} is no whole release: ${message}`,
    remedy: 'Name the folder that `npm run release` made, or get the release again, all of its files.',
    file: folder,
  });
}
