// Part of `npm run check`: whatever is shipped has a licence that goes with Apache-2.0, by what package-lock.json says, without a network.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenceProblems, type LockedPackages } from './licences.ts';

const root = join(import.meta.dirname, '..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockedPackages; // As npm writes it.
const problems = licenceProblems({ packages });
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
