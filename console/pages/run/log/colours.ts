/** Colours that programs chose for a ground that isn't this one: as near to them as can be read here. */

/** Red, green and blue, from 0 to 255. */
export type Rgb = readonly [number, number, number];

/** What makes a difference between a text and its ground that WCAG 2.2 AA takes for enough (1.4.3). */
const enough = 4.5;
/** The grounds that leave least room, as the style sheets have them: of the line that is marked, in both themes. */
const lightGround: Rgb = [211, 226, 240];
const darkGround: Rgb = [32, 48, 65];
const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

/** The sixteen that have names, in their order, as xterm has them. */
const named: readonly Rgb[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];
const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
/** Of the cube of the 256 colours. */
const levels = [0, 95, 135, 175, 215, 255];

/** The colour behind a class of Anser's, `ansi-bright-red` or `ansi-palette-196`; `truecolor` is what it has beside `ansi-truecolor`. */
export function rgbOf(name: string, truecolor: string | null): Rgb | undefined {
  if (name === 'ansi-truecolor') return triple((truecolor ?? '').split(',').map(Number));
  const index = Number(/^ansi-palette-(\d+)$/u.exec(name)?.[1]);
  if (!Number.isNaN(index)) return paletteColour(index);
  const [, bright, colour = ''] = /^ansi-(bright-)?(\w+)$/u.exec(name) ?? [];
  const at = names.indexOf(colour);
  return at === -1 ? undefined : named[bright === undefined ? at : at + names.length];
}

function paletteColour(index: number): Rgb | undefined {
  if (index < named.length) return named[index];
  if (index > 255) return undefined;
  const place = index - named.length;
  const grey = 8 + (place - 216) * 10;
  if (place >= 216) return [grey, grey, grey];
  return triple([Math.floor(place / 36), Math.floor(place / 6) % 6, place % 6].map((level) => levels[level] ?? 0));
}

function triple(numbers: readonly number[]): Rgb | undefined {
  const [red, green, blue] = numbers;
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return [red, green, blue].every((each) => each >= 0 && each <= 255) ? [red, green, blue] : undefined;
}

/** As CSS has a colour that can be read in both themes. */
export function onPage(colour: Rgb): string {
  return `light-dark(${css(readable(colour, lightGround))}, ${css(readable(colour, darkGround))})`;
}

/** A ground of its own, and a text on it. Without a colour the text is black or white. */
export function onGround(
  colour: Rgb | undefined,
  ground: Rgb,
): { readonly color: string; readonly background: string } {
  return { color: css(readable(colour ?? furthest(ground), ground)), background: css(ground) };
}

/** What {@link readable} found, by both colours: a log has few, and says them often. */
const found = new Map<string, Rgb>();
/** Then all are forgotten: whoever writes a log may choose them. */
const mostFound = 4096;

/** The colour itself where it can be read on that ground, else mixed with as little black or white as makes it so. */
export function readable(colour: Rgb, ground: Rgb): Rgb {
  const key = `${colour.join(' ')} ${ground.join(' ')}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  if (found.size === mostFound) found.clear();
  const mixed = mixedToRead(colour, ground);
  found.set(key, mixed);
  return mixed;
}

function mixedToRead(colour: Rgb, ground: Rgb): Rgb {
  const towards = furthest(ground);
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(colour, towards, share);
    if (contrast(mixed, ground) >= enough) return mixed;
  }
  return towards;
}

/** Black or white. */
function furthest(ground: Rgb): Rgb {
  return contrast(black, ground) > contrast(white, ground) ? black : white;
}

function mix(one: Rgb, other: Rgb, share: number): Rgb {
  const part = (at: 0 | 1 | 2): number => Math.round(one[at] + (other[at] - one[at]) * share);
  return [part(0), part(1), part(2)];
}

/** From 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrast(one: Rgb, other: Rgb): number {
  const [less = 0, more = 0] = [luminance(one), luminance(other)].toSorted((first, second) => first - second);
  return (more + 0.05) / (less + 0.05);
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function css(colour: Rgb): string {
  return `rgb(${colour.join(' ')})`;
}
