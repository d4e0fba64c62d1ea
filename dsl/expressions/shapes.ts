import { assertNever } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import { mostGuessedAmong, soleGuess } from '../suggest.ts';
import type { PropertyIndex, Shape } from './api.ts';
import { missingName } from './missing-name.ts';
import { parseNumber } from './numbers.ts';
import type { Problem } from './problem.ts';
import { keyFinder } from './text.ts';
import type { Access, AccessStep } from './tree.ts';

/** What a wildcard stands for is checked one by one; where it is more, it isn't. */
const mostFollowed = 200;

/** Where an access leads: every shape that its value may have (several after `.*`), or the property that doesn't exist. */
export type Resolution = { readonly shapes: readonly Shape[] } | { readonly problem: Problem };

/** Follows an access from the shape of its context. */
export function resolveAccess(access: Access, root: Shape): Resolution {
  let shapes: readonly Shape[] = [root];
  let path = access.context.name;
  for (const step of access.steps) {
    if (step.kind === 'property') {
      const next = shapes.flatMap((shape) => propertyShapes(shape, step.name));
      if (next.length === 0 && shapes.length > 0) return { problem: unknownProperty({ step, path, shapes }) };
      shapes = next;
      path += `.${step.name}`;
    } else {
      shapes = shapes.flatMap(innerShapes);
      path += step.kind === 'every' ? '.*' : '[…]';
    }
  }
  return { shapes };
}

/** True where a value of the shape is a secret or holds one. */
export function holdsSecret(shape: Shape): boolean {
  if (shape.kind === 'secret') return true;
  if (shape.kind === 'array') return holdsSecret(shape.items);
  return shape.kind === 'object' && indexOf(shape).holdsSecret;
}

function propertyShapes(shape: Shape, name: string): readonly Shape[] {
  switch (shape.kind) {
    case 'any':
      return [shape];
    case 'secret':
    case 'text':
    case 'number':
    case 'one-of':
      return [];
    case 'array':
      // A text that is a number is an index.
      return Number.isNaN(parseNumber(name)) ? [] : [shape.items];
    case 'object': {
      const key = indexOf(shape).find(name);
      const known = key === undefined ? undefined : shape.properties[key];
      if (known !== undefined) return [known];
      return shape.open === true ? [othersOf(shape)] : [];
    }
    default:
      return assertNever(shape);
  }
}

function innerShapes(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case 'any':
      return [shape];
    case 'secret':
    case 'text':
    case 'number':
    case 'one-of':
      return [];
    case 'array':
      return [shape.items];
    case 'object': {
      const index = indexOf(shape);
      if (index.first(mostFollowed + 1).length > mostFollowed) {
        return index.holdsSecret ? [{ kind: 'any' }, { kind: 'secret' }] : [{ kind: 'any' }];
      }
      const properties = Object.values(shape.properties);
      return shape.open === true ? [...properties, othersOf(shape)] : properties;
    }
    default:
      return assertNever(shape);
  }
}

/** Made once for all expressions that see the same shape. */
const indices = new WeakMap<object, PropertyIndex>();

function indexOf({ properties, index }: Extract<Shape, { kind: 'object' }>): PropertyIndex {
  const known = index ?? indices.get(properties);
  if (known !== undefined) return known;
  let names: readonly string[] | undefined;
  let secret: boolean | undefined;
  const made: PropertyIndex = {
    find: keyFinder(properties),
    first: (count) => (names ??= Object.keys(properties)).slice(0, count),
    get holdsSecret() {
      return (secret ??= Object.values(properties).some(holdsSecret));
    },
  };
  indices.set(properties, made);
  return made;
}

function othersOf({ others }: Extract<Shape, { kind: 'object' }>): Shape {
  return others ?? { kind: 'any' };
}

interface MissingProperty {
  readonly step: Extract<AccessStep, { kind: 'property' }>;
  readonly path: string;
  readonly shapes: readonly Shape[];
}

function unknownProperty({ step, path, shapes }: MissingProperty): Problem {
  const names = shapes.flatMap((shape) => (shape.kind === 'object' ? indexOf(shape).first(mostGuessedAmong + 1) : []));
  const distinct = [...new Set(names.slice(0, mostGuessedAmong))];
  const meant = names.length > mostGuessedAmong ? undefined : soleGuess(step.name, distinct);
  // Only a plain name stands after a dot, and in quotes without more ado.
  const isName = meant !== undefined && /^[A-Za-z_][A-Za-z0-9_-]*$/.test(meant);
  return {
    kind: 'parsing',
    code: 'UNKNOWN_PROPERTY',
    message: `${quote(path)} has no property ${quote(step.name)}`,
    remedy: remedyFor(shapes) ?? missingName({ path, name: step.name, names: distinct }),
    start: step.start,
    end: step.end,
    ...(isName ? { replacement: { start: step.start, end: step.end, text: meant } } : {}),
  };
}

/** The remedy where no property would do. */
function remedyFor(shapes: readonly Shape[]): string | undefined {
  if (shapes.every(({ kind }) => kind === 'secret')) return 'A secret is a text: use it as a whole.';
  if (shapes.every(({ kind }) => kind === 'array')) return 'It is a list: read one of it by [0], or of each by .*.';
  if (shapes.some(({ kind }) => kind === 'object')) return undefined;
  return 'It is a single value: use it as a whole, or read JSON in a text by fromJSON.';
}
