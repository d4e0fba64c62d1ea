/** Chromium as Debian packages it, without a window, for tests of the console. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

/** A browser that tests share; close it when they are over. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Its own sandbox refuses to run as root, as tests do in containers. What it shows here comes from this repository.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

/** The widths of a phone and of a desk, in CSS pixels. */
export const widths: readonly number[] = [390, 1440];
export const themes = ['light', 'dark'] as const;

/** For what is awaited, on a machine that does much else. */
const patienceMs = 45_000;

/** A page, and what the browser complained of in it: errors of scripts, and all that the page's policy refused. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens an empty page that is watched. */
export async function openPage(browser: Browser): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  page.setDefaultTimeout(patienceMs);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // Answers that are no successes are the console's to show, and the browser notes each.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    complaints.push(message.text());
  });
  return { page, complaints };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe finds wrong by WCAG 2.2 A and AA, whose size of targets it leaves out by itself, and its best practices: rule and
 * place, nothing where all is well.
 */
export async function findingsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(`${axe}; undefined`);
  // Without reading style sheets of its own beforehand: for those of shadow trees it makes style elements, which the page's policy refuses.
  const found =
    await page.evaluate(`axe.run(document, { resultTypes: ['violations'], preload: false, rules: { 'target-size': { enabled: true } } }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' at ' + target.join(' ') + ': ' + failureSummary)))`);
  return found as readonly string[]; // As the script makes it.
}

/** The same in each theme at each width. */
export async function findingsEverywhere(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      found.push(...(await findingsOf(page)).map((finding) => `${theme}, ${width} px: ${finding}`));
      const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      if (wider !== 0) found.push(`${theme}, ${width} px: the page is ${String(wider)} px wider than the window`);
    }
  }
  return found;
}
