import { computed, type ReadonlySignal } from '@preact/signals';
import { type Language, language } from '../state/settings.ts';
import type { Catalogue } from './catalogue.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

const catalogues: Readonly<Record<Language, Catalogue>> = { en, zh };

/** The texts of the language that was chosen. */
export const words: ReadonlySignal<Catalogue> = computed(() => catalogues[language.value]);

/** Each language as its own speakers call it. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' };

/** A status in words; one that this console doesn't know yet as the server has it. */
export function statusWord(status: string): string {
  return words.value.status[status] ?? status;
}
