/** So many of a log's parts are read before a line, to show what came before it. */
const partsBefore = 20;

/**
 * From where to read so that a line and some of what came before it come. A position is the number of a part and that of a line in it, one
 * or two of them with `~` between. Undefined: from the beginning.
 */
export function positionBefore(position: string): string | undefined {
  const earlier = position.split('~').map((place) => {
    const part = Number(/^\d+/u.exec(place)?.[0] ?? Number.NaN) - partsBefore;
    return part > 0 ? `${part}.0` : '';
  });
  const last = earlier.findLastIndex((place) => place !== '');
  return last === -1 ? undefined : earlier.slice(0, last + 1).join('~');
}
