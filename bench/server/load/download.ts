import { request } from 'undici';
import type { Downloaded, DownloadTask } from './tasks.ts';

/** Reads an answer to its end, and throws it away. */
export async function download({ url, path, headers }: DownloadTask): Promise<Downloaded> {
  const start = performance.now();
  const { statusCode, body } = await request(new URL(path, url), { headers, bodyTimeout: 0 });
  if (statusCode !== 200) throw new Error(`${path}: status ${statusCode}`);
  let bytes = 0;
  for await (const chunk of body) bytes += (chunk as Uint8Array).length; // Without an encoding they are bytes.
  return { bytes, milliseconds: performance.now() - start };
}
