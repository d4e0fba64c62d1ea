/** What an attack needs beside the usual canaries: a machine, a mail server, a container, values of others. */
export const neighbourKinds = ['sshd', 'stranger', 'mail', 'docker', 'store'] as const;

/** One of {@link neighbourKinds}. */
export type NeighbourKind = (typeof neighbourKinds)[number];

/** What is put up beside an attack, watched. */
export interface Neighbour extends AsyncDisposable {
  /** What the attack is told of it. */
  readonly arena: Readonly<Record<string, string | number>>;
  /** Secrets that the run needs for it. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What it was sent where no secret belongs. */
  received(): string;
  /** What it was asked that nobody granted. */
  trespasses(): readonly string[];
  /** What the step should have taken with it. */
  leftovers(): readonly string[];
}

/** What a neighbour keeps for the oracles. */
export interface NeighbourTokens {
  /** Lies where only a way out of what is granted leads. */
  readonly file: string;
  readonly marker: string;
  readonly outside: string;
}
