import type {
  Diagnostic,
  ExpressionSource,
  Json,
  JsonObject,
  Position,
  Template,
  WaterflowError,
} from '../../schemas/index.ts';

/**
 * What a context looks like when the file is read: `any` is not checked further; `secret` is an opaque text (an `env` key
 * that reads a secret; everything in `secrets` is one anyway); `text` and `number` are values of which no more is known, and
 * `one-of` is one of a few; each of these three may be null, too. `object` knows its properties, all of them unless `open`.
 */
export type Shape =
  | { readonly kind: 'any' }
  | { readonly kind: 'secret' }
  | { readonly kind: 'text' }
  | { readonly kind: 'number' }
  | { readonly kind: 'one-of'; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: 'array'; readonly items: Shape }
  | {
      readonly kind: 'object';
      readonly properties: Readonly<Record<string, Shape>>;
      readonly open?: boolean;
      /** Of an open one: what every property that isn't named looks like. Absent: `any`. */
      readonly others?: Shape;
      /** Where the properties change: finds them as they are. Absent: they never do. */
      readonly index?: PropertyIndex;
    };

/** Finds properties without going through all of them: a file may ask for as many as there are. */
export interface PropertyIndex {
  /** The name itself where it is there, else the first that differs in letter case alone. */
  find(name: string): string | undefined;
  /** The first so many names. */
  first(count: number): readonly string[];
  /** One of them is a secret or holds one. */
  readonly holdsSecret: boolean;
}

/** Where an expression stands: the contexts and the functions that it may use there, with their shapes. */
export interface ExpressionScope {
  /** For messages: `a step's if`, `the workflow's env`. */
  readonly place: string;
  readonly contexts: Readonly<Record<string, Shape>>;
  /** always, success, failure, cancelled, hashFiles, beyond the general ones. */
  readonly functions: readonly string[];
  /** Every context of the language, to tell CONTEXT_NOT_AVAILABLE from UNKNOWN_CONTEXT. */
  readonly known: readonly string[];
  /** Status functions that can only be false here, in lower case. Absent: none. */
  readonly never?: readonly string[];
}

/** The truth of an expression that is always the same; `written` where it is nothing but a literal. */
export interface ConstantValue {
  readonly value: boolean;
  readonly written: boolean;
}

/** What checking an expression finds. `references` are context paths as far as they are constant. */
export interface CheckedExpression {
  /** Errors; with one of them nothing more is looked for. */
  readonly diagnostics: readonly Diagnostic[];
  /** Comparisons that can't come out otherwise. */
  readonly warnings: readonly Diagnostic[];
  /** Present where the expression is always true or always false, and no warning says why. */
  readonly constant?: ConstantValue;
  /** Present where the value can only be a text, a number, a boolean or null, as far as that is known. */
  readonly plain?: true;
  readonly references: readonly (readonly string[])[];
  /** Lower-case names of the functions that it calls. */
  readonly calls: readonly string[];
}

/** What an evaluation may see. */
export interface EvaluationEnvironment {
  readonly contexts: JsonObject;
  readonly status?: { readonly success: boolean; readonly failure: boolean; readonly cancelled: boolean };
  readonly hashFiles?: (patterns: readonly string[]) => string;
}

/** A result, with each context value that was read, for skip reasons. */
export type Evaluation =
  | { readonly ok: Json; readonly read: readonly { readonly path: string; readonly value: Json }[] }
  | { readonly error: WaterflowError };

/**
 * Text of a YAML scalar -> template; `locate` maps an offset in `text` to its place in the file. Reports what is wrong with
 * the braces; what is wrong inside them (syntax too) CheckExpression says, so nothing is reported twice.
 */
export type ParseTemplate = (
  text: string,
  locate: (offset: number) => Position,
) => { readonly template: Template; readonly diagnostics: readonly Diagnostic[] };
/** Everything that is wrong with an expression at its place: syntax, names, arguments, secrets. */
export type CheckExpression = (expression: ExpressionSource, scope: ExpressionScope) => CheckedExpression;
export type EvaluateExpression = (expression: ExpressionSource, environment: EvaluationEnvironment) => Evaluation;
/** `text` parts become text, objects and arrays are walked; one failure fails the whole. */
export type EvaluateTemplate = (template: Template, environment: EvaluationEnvironment) => Evaluation;
/** GitHub's truthiness: null, false, 0, -0, NaN and '' are false. */
export type IsTruthy = (value: Json) => boolean;
/** GitHub's text of a value, numbers as .NET G15. */
export type ToText = (value: Json) => string;
/** The least part of `contexts` that holds every path of `references`. */
export type SliceContexts = (contexts: JsonObject, references: readonly (readonly string[])[]) => JsonObject;
