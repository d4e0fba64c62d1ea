/** The driver as a program, on Node and on Deno: messages come on stdin, a JSON object a line, and what becomes of them goes to stdout. */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { createDriver } from './driver.ts';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { value: first } = await lines.next();
const take = createDriver(JSON.parse(String(first)), (told) => process.stdout.write(`${JSON.stringify(told)}\n`));
for (let next = await lines.next(); next.done !== true; next = await lines.next()) take(JSON.parse(next.value));
