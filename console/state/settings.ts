import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];
export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

/** What somebody chose in this browser. Kept in it; nothing of it is of use to others. */
export const theme: Signal<Theme> = signal(stored('waterflow-theme', themes) ?? 'system');
export const language: Signal<Language> = signal(stored('waterflow-language', languages) ?? browserLanguage());

const darkSystem = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(darkSystem.matches);
darkSystem.addEventListener('change', ({ matches }) => (systemIsDark.value = matches));

const shownTheme: ReadonlySignal<'light' | 'dark'> = computed(() => {
  if (theme.value !== 'system') return theme.value;
  return systemIsDark.value ? 'dark' : 'light';
});

/** Keeps the page as it was chosen, from now on. */
export function applySettings(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = shownTheme.value;
    localStorage.setItem('waterflow-theme', theme.value);
  });
  effect(() => {
    document.documentElement.lang = language.value === 'zh' ? 'zh-Hans' : 'en';
    localStorage.setItem('waterflow-language', language.value);
  });
}

function browserLanguage(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

function stored<T extends string>(name: string, known: readonly T[]): T | undefined {
  const text = localStorage.getItem(name);
  return known.find((one) => one === text);
}
