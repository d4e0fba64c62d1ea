/**
 * From where to read so that a line comes, with its position. A position is the number of a part, that of a line in it, and where they
 * differ the part before that, behind which lines are counted; one or two of those with `~` between. Undefined: from the beginning.
 */
export function positionBefore(position: string): string | undefined {
  const earlier = position.split('~').map((place) => {
    const [part = Number.NaN, , after = part - 1] = place.split('.').map(Number);
    return after > 0 ? `${after + 1}.0` : '';
  });
  const last = earlier.findLastIndex((place) => place !== '');
  return last === -1 ? undefined : earlier.slice(0, last + 1).join('~');
}
