import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { root } from '../command.ts';

/** In the terms of browsers, 0 to 1: text stays sharp, and a screen takes some tens of kilobytes. */
const quality = 0.8;

/** Where this repository lies is nobody's concern. */
const withoutPaths = `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(${JSON.stringify(root)}, '/opt/waterflow');
})()`;

/** Writes what a page shows to a file, as WebP: the browser encodes what it has drawn, in an empty page beside it. */
export async function takePicture(browser: Browser, page: Page, file: string): Promise<void> {
  await page.evaluate(withoutPaths);
  const drawn = await page.screenshot();
  const encoder = await browser.newPage();
  try {
    const encoded = await encoder.evaluate(`(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${drawn.toString('base64')}';
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', ${quality});
    })()`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(String(encoded).replace(/^data:image\/webp;base64,/u, ''), 'base64'));
  } finally {
    await encoder.close();
  }
}
