import type { Binary, ContextAccess, Expr, FunctionCall } from '@actions/expressions/ast';
import { Evaluator } from '@actions/expressions/evaluator';

import type { Json } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { EvaluationEnvironment } from './api.ts';
import { compare } from './comparison.ts';
import { argumentCountProblem, findFunction } from './functions.ts';
import { EvaluationProblem, type Problem } from './problem.ts';
import type { Access, ParsedExpression, Span } from './tree.ts';
import { booleanValue, nullValue, ObjectValue, toJson, type Value } from './values.ts';

/** GitHub's limit for what the evaluation of a template may make, in UTF-16 code units. */
const maximumText = 10 * 1024 * 1024;

/** One evaluation, of an expression or of a whole template: what it sees, what it has read and how much text it has made. */
export interface EvaluationRun {
  readonly environment: EvaluationEnvironment;
  readonly contexts: ObjectValue;
  /** Path as it was written -> value. */
  readonly read: Map<string, Json>;
  readonly charge: (length: number) => void;
}

/** A fresh run over an environment. */
export function startEvaluation(environment: EvaluationEnvironment): EvaluationRun {
  let made = 0;
  const charge = (length: number): void => {
    made += length;
    if (made > maximumText) throw tooMuch(`more than ${maximumText / 1024 / 1024} MiB of text`);
  };
  return { environment, contexts: new ObjectValue(environment.contexts), read: new Map(), charge };
}

/** Evaluates a parsed expression. Never throws for what users can write. */
export function evaluateTree(
  expression: ParsedExpression,
  run: EvaluationRun,
): { readonly value: Json } | { readonly problem: Problem } {
  const evaluator = new TreeEvaluator(expression, run);
  try {
    return { value: toJson(evaluator.evaluate()) };
  } catch (error) {
    const problem = problemIn(error);
    if (problem === undefined) throw error;
    const { code, message, remedy } = problem;
    return { problem: { kind: 'evaluation', code, message, remedy, ...evaluator.failedAt } };
  }
}

function problemIn(error: unknown): EvaluationProblem | undefined {
  if (error instanceof EvaluationProblem) return error;
  // The library (0.3.61) spreads an object's values over the stack where it filters them, which has its limit.
  if (error instanceof RangeError) return tooMuch('more values than can be filtered at once');
  // It also wraps what fails inside an index.
  return error instanceof Error && error.cause !== undefined ? problemIn(error.cause) : undefined;
}

function tooMuch(what: string): EvaluationProblem {
  return new EvaluationProblem({
    code: 'LIMIT_EXCEEDED',
    message: `the expression makes ${what}`,
    remedy: 'Pass large data as files of the workspace, or read a smaller part of it.',
  });
}

/** The library's evaluator, with the runner's comparisons and functions, noting what is read and where it fails. */
class TreeEvaluator extends Evaluator {
  readonly #expression: ParsedExpression;
  readonly #run: EvaluationRun;
  readonly #accesses: ReadonlyMap<Expr, Access>;
  #failedAt: Span | undefined;

  constructor(expression: ParsedExpression, run: EvaluationRun) {
    super(expression.tree, run.contexts);
    this.#expression = expression;
    this.#run = run;
    this.#accesses = new Map(expression.accesses.map((access) => [access.node, access]));
  }

  /** The innermost function that failed, else the whole expression. */
  get failedAt(): Span {
    return this.#failedAt ?? { start: 0, end: this.#expression.length };
  }

  protected override eval(node: Expr): Value {
    const value = super.eval(node);
    const access = this.#accesses.get(node);
    // A secret is never listed, not even as its placeholder.
    if (access !== undefined && access.context.name.toLowerCase() !== 'secrets') {
      this.#run.read.set(access.text, toJson(value));
    }
    return value;
  }

  override visitContextAccess(node: ContextAccess): Value {
    return this.#run.contexts.get(node.name.lexeme) ?? nullValue();
  }

  override visitBinary(node: Binary): Value {
    return booleanValue(compare(node.operator.type, this.eval(node.left), this.eval(node.right)));
  }

  /** The library evaluates every argument first; the runner those alone that its function asks for. */
  override visitFunctionCall(node: FunctionCall): Value {
    try {
      return this.#call(node);
    } catch (error) {
      this.#failedAt ??= this.#expression.calls.find((call) => call.node === node);
      throw error;
    }
  }

  #call(node: FunctionCall): Value {
    const name = node.functionName.lexeme;
    const rule = findFunction(name);
    const wrong =
      rule === undefined ? `there is no function ${quote(name)}` : argumentCountProblem(rule, node.args.length);
    if (rule === undefined || wrong !== undefined) {
      const remedy = rule === undefined ? 'Check the name of the function.' : `Write ${rule.usage}.`;
      throw new EvaluationProblem({ code: 'EVALUATION_FAILED', message: wrong ?? name, remedy });
    }
    return rule.evaluate({
      count: node.args.length,
      argument: (index) => {
        const argument = node.args[index];
        return argument === undefined ? nullValue() : this.eval(argument);
      },
      environment: this.#run.environment,
      charge: this.#run.charge,
    });
  }
}
