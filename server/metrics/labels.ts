/** Values beyond these are counted together. */
const mostValues = 100;

/** What stands for all values that are too many or not known. */
export const otherValue = 'other';

/**
 * Values of a label: each different one is a time series that Prometheus keeps, so their number has a bound, whatever names tenants and
 * plugins have. The first ones keep their names.
 */
export function createLabel(most: number = mostValues): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return otherValue;
    known.add(value);
    return value;
  };
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** An HTTP method; clients may send any word. */
export function methodLabel(method: string): string {
  return methods.has(method) ? method : otherValue;
}

/** The name of a node without its version: `run` of `run@v1`. A plugin in a workflow's folder is `local`. */
export function nodeLabel(uses: string): string {
  return uses.startsWith('./') ? 'local' : (uses.split('@', 1)[0] ?? uses);
}
