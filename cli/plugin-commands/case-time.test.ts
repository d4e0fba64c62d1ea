import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandLine } from '../testing/terminal.ts';
import { folderWith } from './testing/folder.ts';

const manifest = `name: patient
version: 1.0.0
description: Waits, but not for ever.
runtime: isolate
main: index.ts
outputs:
  order: { type: array }
  answer: { type: string }
permissions:
  net:
    - { url: "https://api.example.com/**", reason: asks }
`;

/** The timer that ends what takes too long is started first, as everywhere. */
const source = `export default async (_inputs: unknown, host: any) => {
  const order: string[] = [];
  const timedOut = new Promise((resolve) => setTimeout(resolve, 30_000, 'timed out'));
  const asked = host.net.request({ url: 'https://api.example.com/x' }).then(({ body }: any) => body);
  const answer = await Promise.race([timedOut, asked]);
  await Promise.all([20, 0, 10].map((ms) => host.sleep(ms).then(() => order.push('slept ' + ms))));
  return { order, answer };
};
`;

it('lets a timer of a recorded case end in its turn, behind shorter ones and what is answered', async () => {
  const cases = `- name: patient
  host_calls:
    - call: net GET https://api.example.com/x
      ok: { status: 200, body: fine }
  expect:
    outputs: { order: [slept 0, slept 10, slept 20], answer: fine }
`;
  const folder = folderWith({ 'p/plugin.yaml': manifest, 'p/index.ts': source, 'p/tests/p.yaml': cases });
  const { code, stdout } = await commandLine(['plugin', 'test', join(folder, 'p')]);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('1 passed') });
});
