import { CallFailure } from './capability.ts';

/** What one rule says of secrets: which may go there, and what the agent itself is to do with some of them. */
export interface SecretsUse<Wish> {
  /** `*` is any. */
  readonly secrets: readonly string[];
  readonly wish: Wish | undefined;
}

/** How the wishes of one capability are read and spoken of. */
export interface WishGrammar<Wish> {
  /** The secrets that it takes. */
  readonly names: (wish: Wish) => readonly string[];
  readonly same: (one: Wish, other: Wish) => boolean;
  /** `sign requests to this URL`, `log in to this host`. */
  readonly does: string;
  /** The rule that a denial names. */
  readonly rule: string;
  /** The keys of an entry by which it is said: `auth`, `key` and `password`. */
  readonly keys: string;
}

/**
 * The wish that holds where one rule of each layer matched: one that a layer has and every other has too, or lets happen by
 * naming its secrets. Throws DENIED where a layer doesn't: to go on without it would be another call than the one that was granted.
 */
export function agreedWish<Wish>(uses: readonly SecretsUse<Wish>[], grammar: WishGrammar<Wish>): Wish | undefined {
  const wish = uses.find((use) => use.wish !== undefined)?.wish;
  if (wish === undefined) return undefined;
  const names = grammar.names(wish);
  if (uses.every((use) => agreesTo(use, wish, grammar))) return wish;
  const secrets = names.map((name) => `\`${name}\``).join(', ');
  throw new CallFailure('DENIED', `not every layer lets ${secrets} ${grammar.does}`, {
    rule: grammar.rule,
    remedy: `Give each layer's entry the same ${grammar.keys}, or name ${secrets} in its \`secrets\`.`,
  });
}

/** Whether one rule has the wish too, or lets it happen. */
export function agreesTo<Wish>(
  use: SecretsUse<Wish>,
  wish: Wish,
  { names, same }: Pick<WishGrammar<Wish>, 'names' | 'same'>,
): boolean {
  return use.wish === undefined
    ? use.secrets.includes('*') || names(wish).every((name) => use.secrets.includes(name))
    : same(use.wish, wish);
}
