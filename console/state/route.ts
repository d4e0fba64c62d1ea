import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { parseRoute, type Route } from './route-text.ts';

const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

/** Where one is, as the address changes. */
export const route: ReadonlySignal<Route> = computed(() => parseRoute(hash.value));

/** Goes there; the browser's way back leads to where one was. */
export function goTo(link: string): void {
  location.assign(link);
}
