import type { Browser, Page } from 'playwright-core';
import { openPage } from '../browser.ts';
import type { Planted } from './failures.ts';

/** Somebody before the console, who knows no run by its id. */
export class OnCall {
  readonly page: Page;
  clicks = 0;

  constructor(page: Page) {
    this.page = page;
  }

  /** Signs in, and looks at the runs. */
  static async begin(browser: Browser, { server, key }: Planted): Promise<OnCall> {
    const { page } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    await page.getByLabel('API key or token').fill(key);
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: 'Runs, newest first' }).waitFor();
    return new OnCall(page);
  }

  async follow(link: string): Promise<void> {
    this.clicks += 1;
    await this.page.getByRole('link', { name: link }).first().click();
  }

  async open(summary: RegExp): Promise<void> {
    this.clicks += 1;
    await this.page.locator('summary').getByText(summary).click();
  }

  async back(): Promise<void> {
    this.clicks += 1;
    await this.page.goBack();
  }

  /** Resolves when each text can be seen. */
  async reads(...texts: readonly (string | RegExp)[]): Promise<void> {
    for (const text of texts) await this.page.locator('main').getByText(text).first().waitFor();
  }

  /** Fails where a text that is there can't be seen without scrolling. */
  async seesAtOnce(text: string | RegExp): Promise<void> {
    const box = await this.page.locator('main').getByText(text).first().boundingBox();
    const end = (box?.y ?? 0) + (box?.height ?? Number.POSITIVE_INFINITY);
    const { height } = this.page.viewportSize() ?? { height: 0 };
    if (end > height) throw new Error(`${text} ends at ${end} of ${height} pixels`);
  }
}
