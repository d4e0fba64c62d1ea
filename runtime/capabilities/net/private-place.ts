import { placeOf } from './call.ts';

/** `HOST:PORT` as requests are compared with it; undefined where the text is anything else, such as a pattern or a URL. */
export function canonicalPlace(text: string): string | undefined {
  if (!/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$/.test(text) || !URL.canParse(`http://${text}/`))
    return undefined;
  return placeOf(new URL(`http://${text}/`));
}
