/** Something that a compiler finds wrong. */
export interface Mistake {
  readonly message: string;
  /** As a path in the plugin's folder. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly remedy?: string;
}

/** Of many mistakes, most follow from the first ones. */
const mostTold = 5;

/** What is wrong first, in one line, and behind it the others with their places. */
export function inOneLine([first, ...others]: readonly [Mistake, ...Mistake[]]): string {
  const told = others.slice(0, mostTold - 1).map(({ message, file, line, column }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    return `; also ${place === '' ? '' : `${place}: `}${message}`;
  });
  const left = others.length - told.length;
  return `${first.message}${told.join('')}${left === 0 ? '' : ` (and ${left} more)`}`;
}
