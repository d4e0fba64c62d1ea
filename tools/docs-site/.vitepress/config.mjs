// The site that `npm run docs` makes of pages/, which needs no network, neither to be made nor to be read.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Pages are plain Markdown: what looks like a tag or like an expression of Vue is text. */
function plainText({ renderer, utils }) {
  const escaped = (tokens, index) => utils.escapeHtml(tokens[index].content).replaceAll('{{', '&#123;&#123;');
  renderer.rules.text = escaped;
  renderer.rules.code_inline = (tokens, index) => `<code>${escaped(tokens, index)}</code>`;
  // As the other blocks of code look, which scroll within themselves.
  renderer.rules.code_block = (tokens, index) =>
    `<div class="language-"><pre><code>${escaped(tokens, index)}</code></pre></div>\n`;
}

/** As GitHub makes them, whose links the pages have. */
function slugOf(title) {
  return title
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/gu, '-');
}

export default defineConfig({
  title: 'Waterflow',
  description: 'Durable YAML workflows of plugins that are not trusted',
  srcDir: 'pages',
  outDir: folder('../../../dist/docs'),
  lang: 'en',
  head: [['link', { rel: 'icon', href: '/icon.svg' }]],
  markdown: {
    html: false,
    // Braces of paths (`/v1/workflows/{id}`) aren't attributes.
    attrs: { disable: true },
    anchor: { slugify: slugOf },
    config: plainText,
  },
  vite: { build: { chunkSizeWarningLimit: 4096 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Workflow syntax', link: '/workflow-syntax' },
      { text: 'Nodes', link: '/nodes/' },
      { text: 'REST API', link: '/rest-api' },
    ],
    sidebar: JSON.parse(readFileSync(folder('../pages/sidebar.json'), 'utf8')),
  },
});
