import type { Explanation, Suggestions } from '../../dsl/assist/index.ts';
import type { Outline, Refusal, TextChange, WorkflowEdit } from '../../dsl/editing/index.ts';
import type { Diagnostic, JsonObject, Plan } from '../../schemas/index.ts';
import type { Node } from '../api/types.ts';

export type {
  Outline,
  OutlinedJob,
  OutlinedStep,
  OutlinedSteps,
  Refusal,
  StepPlace,
  TextChange,
  WorkflowEdit,
} from '../../dsl/editing/index.ts';

/** The texts of files beside a workflow, which it may call, by their paths from it. */
export type Files = Readonly<Record<string, string>>;

/** A workflow as it is in its file. */
export interface Source {
  readonly text: string;
  readonly file: string;
  readonly files: Files;
}

/** What a workflow may name, as the server tells it. */
export interface Known {
  readonly nodes: readonly Node[];
  /** By the name of a capability, the schema of an entry of its permissions. */
  readonly capabilities: Readonly<Record<string, JsonObject>>;
  readonly queues: readonly string[];
}

/** A text as the language reads it. */
export interface Reading {
  /** Absent where something in it is an error. */
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
  /** The secrets that a run of the plan needs; `conditional`: it may do without. */
  readonly secrets: readonly { readonly name: string; readonly conditional: boolean }[];
  /** Absent where it can't be made out what there is. */
  readonly outline?: Outline;
}

/** What the worker can be asked. It gets texts, and has no other power than to answer. */
export interface Questions {
  readonly know: { readonly asks: Known; readonly answers: null };
  readonly read: { readonly asks: Source; readonly answers: Reading };
  readonly edit: {
    readonly asks: Source & { readonly edit: WorkflowEdit };
    readonly answers: { readonly changes: readonly TextChange[] } | { readonly refused: Refusal };
  };
  /** What could stand there. */
  readonly suggest: { readonly asks: Asking; readonly answers: Suggestions | undefined };
  /** What is said of what stands there. */
  readonly explain: { readonly asks: Asking; readonly answers: Explanation | undefined };
}

/** A text, and a place in it. */
export interface Asking {
  readonly text: string;
  readonly offset: number;
}

export type Kind = keyof Questions;

/** To the worker; `id` comes back with the answer. */
export type Asked = {
  readonly [K in Kind]: { readonly id: number; readonly kind: K; readonly asks: Questions[K]['asks'] };
}[Kind];

/** From the worker. `failed`: what was thrown, which nothing of a text should make it do. */
export type Answered =
  | { readonly id: number; readonly answer: Questions[Kind]['answers'] }
  | { readonly id: number; readonly failed: string };
