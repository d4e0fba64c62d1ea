/** The client in a page of Chromium, whose origin is the server's. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { type Driver, openCalls, type Values } from './driver.ts';

const entry = join(import.meta.dirname, '..', 'typescript', 'testing', 'driver.ts');

/** Where the page comes from, and the browser. */
export interface PageStart {
  readonly url: string;
  readonly keys: Readonly<Record<string, string>>;
  /** The path of Chromium. */
  readonly program: string;
}

/** Opens it. */
export async function openPage({ url, keys, program }: PageStart): Promise<Driver> {
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  // What the server says of its answers is that they are no pages; the console, which is one, has its own words.
  const page = await browser.newPage({ bypassCSP: true });
  let complaints = '';
  page.on('console', (message) => void (complaints += `${message.text()}\n`));
  page.on('pageerror', (error) => void (complaints += `${error.message}\n`));
  await page.goto(new URL('/healthz', url).href);
  const calls = openCalls((message) => void page.evaluate(`take(${JSON.stringify(message)})`));
  await page.exposeFunction('tell', (told: Values) => calls.take(told));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'driver',
    platform: 'browser',
  });
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
  await page.evaluate(`globalThis.take = driver.createDriver(${JSON.stringify({ url, keys })}, tell)`);
  return {
    begin: calls.begin,
    complaints: () => complaints,
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
