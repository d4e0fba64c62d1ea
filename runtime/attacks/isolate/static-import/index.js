import * as fs from 'node:fs';

export default async ({ arena }) => ({ breach: fs.readFileSync(arena.file, 'utf8') });
