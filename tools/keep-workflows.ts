// `npm run keep-workflows`: part of a release, once its commit is made. Keeps the workflows of the engine on Temporal as this release has
// them, in place of those of the release before, for the release that comes next: runs that are pinned to them go on there.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { packageVersion } from '../cli/package-root.ts';
import { keptFolder, keptName } from '../engine/temporal/versions/kept.ts';
import { versionOf, withoutSourceMap } from '../engine/temporal/versions/version.ts';
import { bundleWorkflows } from '../engine/temporal/worker.ts';

const { id, code } = versionOf(withoutSourceMap((await bundleWorkflows()).code));
const name = keptName({ id, release: packageVersion(import.meta.url) });
rmSync(keptFolder, { recursive: true, force: true });
mkdirSync(keptFolder);
writeFileSync(join(keptFolder, name), brotliCompressSync(code));
process.stdout.write(`kept ${join(keptFolder, name)}\n`);
