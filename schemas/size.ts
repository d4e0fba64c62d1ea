import { multiplyDecimal } from './quantity.ts';

/** Bytes of each unit. Binary and decimal ones differ, as their names say. */
const units: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

const form = /^(\d{1,16}(?:\.\d{1,40})?) ?(B|[KMGT]i?B)$/;

/** A size in whole bytes: `64MiB`, `1.5GB`, `512 B`. The unit must be there. Undefined where the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = form.exec(text);
  const unit = units[match?.[2] ?? ''];
  return match?.[1] === undefined || unit === undefined ? undefined : multiplyDecimal(match[1], unit);
}

/** Bytes in the short form, as people write them: `2GiB`, `1500KB`, `7B`; exactly that many. What {@link parseSize} reads back. */
export function sizeText(bytes: number): string {
  const [name = 'B', unit = 1] =
    Object.entries(units)
      .toSorted(([, one], [, other]) => other - one)
      .find(([, size]) => bytes >= size && bytes % size === 0) ?? [];
  return `${bytes / unit}${name}`;
}
