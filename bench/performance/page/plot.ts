/** One bar: a name, a number, and how it reads. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly text: string;
  /** Waterflow's own. */
  readonly own: boolean;
}

const width = 720;
const rowHeight = 26;
const barHeight = 16;
const labelWidth = 190;
const valueWidth = 120;
const padding = 14;
const titleHeight = 44;
/** The shortest bar that can be seen, in pixels. */
const leastBar = 2;
/** Above that, equal steps are equal factors: else the small ones could not be told from each other. */
const mostLinear = 20;

/** A page's ground and ink on screens that are light, and on those that are dark. It has its own ground, so that it can be read on any. */
const style = `
  .ground { fill: #ffffff; stroke: #d0d7de } .ink { fill: #1f2328 } .faint { fill: #59636e } .own { fill: #0969da } .peer { fill: #9a6700 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #151b23; stroke: #3d444d } .ink { fill: #f0f6fc } .faint { fill: #9198a1 } .own { fill: #4493f8 } .peer { fill: #d29922 }
  }
  text { font: 13px system-ui, sans-serif } .title { font-weight: 600; font-size: 14px }`;

/** A picture of bars, in the order in which they come, as SVG 1.1 by itself: no script, nothing from elsewhere. */
export function plotOf(title: string, hint: string, bars: readonly Bar[]): string {
  const height = titleHeight + bars.length * rowHeight + padding;
  const lengths = lengthsOf(bars.map(({ value }) => value));
  const isLogarithmic = lengths.scale === 'logarithmic';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `  <title>${escaped(title)}</title>`,
    `  <desc>${escaped(bars.map(({ name, text }) => `${name}: ${text}`).join('; '))}</desc>`,
    `  <style>${style}\n  </style>`,
    `  <rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    `  <text class="ink title" x="${padding}" y="20">${escaped(title)}</text>`,
    `  <text class="faint" x="${padding}" y="37">${escaped(isLogarithmic ? `${hint}; logarithmic` : hint)}</text>`,
    ...bars.flatMap((bar, index) => rowOf(bar, titleHeight + index * rowHeight, lengths.of[index] ?? leastBar)),
    '</svg>',
    '',
  ].join('\n');
}

function rowOf({ name, text, own }: Bar, top: number, length: number): readonly string[] {
  const middle = top + barHeight / 2 + 8;
  return [
    `  <text class="ink" x="${labelWidth - 8}" y="${middle}" text-anchor="end">${escaped(name)}</text>`,
    `  <rect class="${own ? 'own' : 'peer'}" x="${labelWidth}" y="${top + 4}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>`,
    `  <text class="faint" x="${(labelWidth + length + 8).toFixed(1)}" y="${middle}">${escaped(text)}</text>`,
  ];
}

/** In pixels. */
function lengthsOf(values: readonly number[]): {
  readonly scale: 'linear' | 'logarithmic';
  readonly of: readonly number[];
} {
  const room = width - labelWidth - valueWidth - padding;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (!(least > 0) || most / least <= mostLinear)
    return { scale: 'linear', of: values.map((value) => Math.max(leastBar, (value / most) * room)) };
  // The least one has a tenth of the room.
  const part = (value: number): number => 0.1 + (0.9 * Math.log(value / least)) / Math.log(most / least);
  return { scale: 'logarithmic', of: values.map((value) => part(value) * room) };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
