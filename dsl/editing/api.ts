import type { Diagnostic, Json, JsonObject } from '../../schemas/index.ts';

/** Keys of mappings and places in lists, from the top of the file: `['jobs', 'build', 'steps', 0]`. */
export type Path = readonly (string | number)[];

/** Puts `insert` in the place of what stands from one offset to another, in UTF-16 code units. */
export interface TextChange {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The place of a step: the list that it is in, which may be one within a control node, and its number there, from 0. */
export interface StepPlace {
  readonly list: Path;
  readonly index: number;
}

/** What somebody does to a workflow without writing YAML. */
export type WorkflowEdit =
  /** `after` is a job that is there; absent: after all others. */
  | { readonly kind: 'add-job'; readonly id: string; readonly job: JsonObject; readonly after?: string }
  /** What names it is changed with it: `needs`, and `needs.ID` and `jobs.ID` in expressions. */
  | { readonly kind: 'rename-job'; readonly id: string; readonly to: string }
  /** No other job needs it afterwards. */
  | { readonly kind: 'delete-job'; readonly id: string }
  /** `index` is its place among the jobs afterwards, from 0. */
  | { readonly kind: 'move-job'; readonly id: string; readonly index: number }
  | { readonly kind: 'connect' | 'disconnect'; readonly job: string; readonly needs: string }
  | { readonly kind: 'add-step'; readonly at: StepPlace; readonly step: JsonObject }
  /** `to.index` is its place in that list afterwards. */
  | { readonly kind: 'move-step'; readonly from: StepPlace; readonly to: StepPlace }
  | { readonly kind: 'delete-step'; readonly at: StepPlace }
  /** `field` begins at the job or the step: `['with', 'url']`, `['name']`. Without a value it goes, and what holds nothing then with it. */
  | { readonly kind: 'set-job-field'; readonly id: string; readonly field: readonly string[]; readonly value?: Json }
  | { readonly kind: 'set-field'; readonly at: StepPlace; readonly field: readonly string[]; readonly value?: Json };

/** Why an edit isn't made. */
export type Refusal =
  /** What it is about isn't there, or something of that name is there already. */
  | { readonly why: 'missing' | 'taken' }
  /** A list of steps keeps one, and a file a job. */
  | { readonly why: 'last' }
  /** As the file is laid out, more than the place itself would change: it is to be done in the text. */
  | { readonly why: 'layout' }
  /** A comment would be lost. */
  | { readonly why: 'comments' }
  /** The file would have mistakes that it doesn't have now. */
  | { readonly why: 'mistakes'; readonly mistakes: readonly Diagnostic[] };

/** Changes that don't overlap, in the order of the text, with places of the text before any of them; or why there are none. */
export type Edited = { readonly changes: readonly TextChange[] } | { readonly refused: Refusal };

/** Everything that is wrong with a text, as `compile` says it. */
export type Check = (text: string) => readonly Diagnostic[];
