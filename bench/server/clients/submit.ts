/** Submits so many runs with the client in TypeScript, some at a time, and prints what each took, in ms, as JSON. */
import { createClient } from '../../../clients/typescript/index.ts';

const [url = '', count = '', atOnce = '', workflow = ''] = process.argv.slice(2);
const client = createClient({ url, apiKey: process.env['WATERFLOW_API_KEY'] });
const latencies: number[] = [];
let next = 0;
const submitInTurn = async (): Promise<void> => {
  while (next < Number(count)) {
    next += 1;
    const from = performance.now();
    await client.submit({ workflow });
    latencies.push(performance.now() - from);
  }
};
const from = performance.now();
await Promise.all(Array.from({ length: Number(atOnce) }, submitInTurn));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - from) / 1000, latencies }));
