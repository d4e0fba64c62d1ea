/**
 * Where one is. It stands behind the `#` of the address, which browsers send to nobody: neither a server's log nor a proxy's learns
 * what somebody looks at or looks for.
 */
export interface Route {
  /** `/runs/run-1` is `['runs', 'run-1']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** The route of what stands behind a `#`. What isn't percent-encoded properly is taken as it is. */
export function parseRoute(text: string): Route {
  const [path = '', query = ''] = text.replace(/^#/u, '').split(/\?(.*)/su);
  return {
    path: path
      .split('/')
      .filter((part) => part !== '')
      .map(decoded),
    query: new URLSearchParams(query),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a place in the console. Absent values are left out. */
export function linkTo(
  path: readonly string[],
  query: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat()) parameters.append(name, one);
  }
  const text = parameters.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}
