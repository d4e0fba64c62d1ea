import { randomInt } from 'node:crypto';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefixCharacters = 8;
/** 256 bits. */
const secretCharacters = 43;

/** ASCII by its very classes, whatever looks like it. `wf_` lets scanners of leaked secrets find keys. */
const keyForm = /^wf_([0-9A-Za-z]{8})_[0-9A-Za-z]{32,64}$/u;

/** A key as it is shown once, and the part of it that may be shown always. */
export interface KeyText {
  readonly prefix: string;
  readonly text: string;
}

/** A new key: `wf_<prefix>_<secret>`. */
export function newKeyText(): KeyText {
  const prefix = randomBase62(prefixCharacters);
  return { prefix, text: `wf_${prefix}_${randomBase62(secretCharacters)}` };
}

/** Undefined where a text is no key, whichever key. */
export function readKeyText(text: string): KeyText | undefined {
  const prefix = keyForm.exec(text)?.[1];
  return prefix === undefined ? undefined : { prefix, text };
}

function randomBase62(length: number): string {
  return Array.from({ length }, () => base62.charAt(randomInt(base62.length))).join('');
}
