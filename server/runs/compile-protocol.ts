import type { InputFront, NodeCatalogue } from '../../dsl/api.ts';
import {
  assertNever,
  type Diagnostic,
  type Digest,
  type Json,
  type JsonObject,
  type Plan,
} from '../../schemas/index.ts';
import type { WorkflowSource } from './submissions.ts';

/** What the thread that reads workflows is asked for, one at a time. */
export type CompileTask =
  | { readonly kind: 'compile'; readonly source: WorkflowSource }
  /** Inputs whose patterns may take long to match. */
  | {
      readonly kind: 'resolve';
      readonly plan: Plan;
      readonly given: Readonly<Record<string, Json>>;
      readonly front: InputFront;
    };

/** What a task gives. */
export interface CompileAnswers {
  readonly compile: {
    readonly plan?: { readonly digest: Digest; readonly content: Plan };
    readonly diagnostics: readonly Diagnostic[];
  };
  readonly resolve: { readonly inputs: JsonObject } | { readonly errors: readonly Diagnostic[] };
}

/** What that thread asks back while it reads: it waits for the answer. */
export type CatalogueQuestion =
  | { readonly ask: 'find'; readonly uses: string }
  | { readonly ask: 'names' }
  | { readonly ask: 'permissionSchemas' }
  | { readonly ask: 'permissionProblem'; readonly capability: string; readonly entry: JsonObject };

/** From the thread to the server. */
export type FromCompileThread =
  | { readonly kind: 'question'; readonly question: CatalogueQuestion }
  | { readonly kind: 'answer'; readonly answer: CompileAnswers[CompileTask['kind']] }
  | { readonly kind: 'failed'; readonly reason: string };

/** What a catalogue answers, without `value` for undefined; `failed` where it throws. */
export type CatalogueAnswer = { readonly value?: unknown } | { readonly failed: string };

/** Answers a question from the catalogue itself. */
export function answerFrom(catalogue: NodeCatalogue, question: CatalogueQuestion): CatalogueAnswer {
  try {
    return { value: valueFrom(catalogue, question) };
  } catch (cause) {
    return { failed: cause instanceof Error ? cause.message : String(cause) };
  }
}

function valueFrom(catalogue: NodeCatalogue, question: CatalogueQuestion): unknown {
  switch (question.ask) {
    case 'find':
      return catalogue.find(question.uses);
    case 'names':
      return catalogue.names();
    case 'permissionSchemas':
      return catalogue.permissionSchemas();
    case 'permissionProblem':
      return catalogue.permissionProblem?.(question.capability, question.entry);
    default:
      return assertNever(question);
  }
}

/** A catalogue that asks for everything, each thing once. */
export function askingCatalogue(ask: (question: CatalogueQuestion) => CatalogueAnswer): NodeCatalogue {
  const known = new Map<string, unknown>();
  const answer = (question: CatalogueQuestion): unknown => {
    const key = JSON.stringify(question);
    if (!known.has(key)) {
      const given = ask(question);
      if ('failed' in given) throw new Error(given.failed);
      known.set(key, given.value);
    }
    return known.get(key);
  };
  // answerFrom() gives each question what the catalogue's method of that name gives.
  return {
    find: (uses) => answer({ ask: 'find', uses }) as ReturnType<NodeCatalogue['find']>,
    names: () => answer({ ask: 'names' }) as ReturnType<NodeCatalogue['names']>,
    permissionSchemas: () => answer({ ask: 'permissionSchemas' }) as ReturnType<NodeCatalogue['permissionSchemas']>,
    permissionProblem: (capability, entry) =>
      answer({ ask: 'permissionProblem', capability, entry }) as string | undefined,
  };
}
