/** What a page costs while it is looked at, by what Chromium records of it. */
import type { Browser, Page } from 'playwright-core';

/** Times in ms. */
export interface Frames {
  /** Between one picture and the next. */
  readonly between: readonly number[];
  /** Of the processor, of each task of the page's main thread: what others on the machine do isn't in it. */
  readonly tasks: readonly number[];
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Of the processor, in µs. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Watches a page for so long. */
export async function framesOf(browser: Browser, page: Page, milliseconds: number): Promise<Frames> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] });
  const between = await page.evaluate(`new Promise((resolve) => {
    const times = [];
    const began = performance.now();
    let last = began;
    const step = (now) => {
      times.push(now - last);
      last = now;
      if (now - began < ${milliseconds}) requestAnimationFrame(step);
      else resolve(times.slice(1));
    };
    requestAnimationFrame(step);
  })`);
  // As Chromium writes it.
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString('utf8')) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const mains = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(threadOf),
  );
  const tasks = traceEvents
    .filter((event) => event.name === 'RunTask' || event.name === 'ThreadControllerImpl::RunTask')
    .filter((event) => event.ph === 'X' && mains.has(threadOf(event)))
    .map(({ tdur = 0 }) => tdur / 1000);
  return { between: between as readonly number[], tasks }; // As the script makes it.
}

function threadOf({ pid, tid }: TraceEvent): string {
  return `${pid} ${tid}`;
}

/** The middle, the 95th of a hundred, and the longest, in words. */
export function spreadOf(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, at most ${at(1)} ms (${sorted.length})`;
}
