import { didYouMean } from '../did-you-mean.ts';
import { quote } from '../quote.ts';
import { mostGuessedAmong, mostSuggestions } from '../suggest.ts';

/** A property that a context or an object doesn't have. */
interface MissingName {
  /** Where it was looked for: `steps.build.outputs`. */
  readonly path: string;
  readonly name: string;
  /** What is there. */
  readonly names: readonly string[];
}

/** The remedy for a property that doesn't exist: a slip is corrected, anything else is declared where that is possible. */
export function missingName({ path, name, names }: MissingName): string {
  const suggested = suggestName(name, names);
  const advice = didYouMean(name, names) === undefined ? whereToDeclare(path, name) : undefined;
  if (advice === undefined) return suggested;
  return names.length === 0 ? advice : `${advice} ${suggested}`;
}

/** How a property of a context comes to be. Undefined where its names are fixed. */
function whereToDeclare(path: string, name: string): string | undefined {
  const [context = '', id = '', property] = path.split('.');
  switch (`${context.toLowerCase()}${property === undefined ? '' : `.${property.toLowerCase()}`}`) {
    case 'inputs':
      return `Declare it: ${quote(`${name}: { type: string }`)} under \`inputs\` of \`on.manual\`.`;
    case 'matrix':
      return `Give the job an axis: ${quote(`${name}: [first, second]`)} under \`strategy.matrix\`.`;
    case 'steps':
      return id === '' ? `Give a step above ${quote(`id: ${name}`)}.` : undefined;
    case 'needs':
      return id === '' ? 'Add the id of a job to `needs`, and read that.' : undefined;
    case 'needs.outputs':
    case 'jobs.outputs':
      return `Add ${quote(`${name}: …`)} under \`outputs\` of the job ${quote(id)}.`;
    default:
      return undefined;
  }
}

/** The remedy for a name that doesn't exist: the one that was meant, and what there is. */
export function suggestName(name: string, names: readonly string[]): string {
  if (names.length === 0) return 'There is none here.';
  const meant = didYouMean(name, names.slice(0, mostGuessedAmong));
  const shown = names.slice(0, mostSuggestions).join(', ');
  const list = `Available here: ${names.length > mostSuggestions ? `${shown}, …` : shown}.`;
  return meant === undefined ? list : `Did you mean ${quote(meant)}? ${list}`;
}
