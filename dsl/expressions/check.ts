import type { ExpressionSource } from '../../schemas/index.ts';
import { didYouMean } from '../did-you-mean.ts';
import { quote } from '../quote.ts';
import { soleGuess } from '../suggest.ts';
import type { CheckedExpression, ExpressionScope, Shape } from './api.ts';
import { constancyOf } from './constancy.ts';
import { parseFormat } from './format.ts';
import { argumentCountProblem, findFunction, generalFunctions, missingArgument, wrongFormat } from './functions.ts';
import { counterpartOfGithub } from './github.ts';
import { suggestName } from './missing-name.ts';
import { parseExpression } from './parse.ts';
import { diagnosticOf } from './positions.ts';
import type { Problem, Replacement } from './problem.ts';
import { pathsOf } from './references.ts';
import { secretProblems } from './secret-rule.ts';
import { holdsSecret, resolveAccess } from './shapes.ts';
import { findKey } from './text.ts';
import type { Access, Call, ParsedExpression } from './tree.ts';

/**
 * Checks an expression where it stands: syntax, contexts and their properties, functions and their arguments, and what it
 * does with secrets. A syntax error is the only one that is found in its expression; of the others all are, in order. Where
 * there is none, it is also looked for what can't come out otherwise than it does.
 */
export function checkExpression(expression: ExpressionSource, scope: ExpressionScope): CheckedExpression {
  const parsed = parseExpression(expression.source);
  if ('problem' in parsed) {
    return { diagnostics: [diagnosticOf(expression, parsed.problem)], warnings: [], references: [], calls: [] };
  }
  const { accesses, calls } = parsed.expression;
  const problems = [
    ...nameProblems(parsed.expression, scope),
    ...calls.flatMap((call) => formatProblem(call) ?? []),
    ...secretUses(parsed.expression, scope),
  ];
  problems.sort((left, right) => left.start - right.start);
  const { warnings, constant, plain } =
    problems.length > 0 ? { warnings: [] } : constancyOf(parsed.expression, expression.source, scope);
  return {
    diagnostics: problems.map((problem) => diagnosticOf(expression, problem)),
    warnings: warnings.map((problem) => diagnosticOf(expression, problem)),
    ...(constant === undefined ? {} : { constant }),
    ...(plain === undefined ? {} : { plain }),
    references: pathsOf(accesses),
    calls: [...new Set(calls.map(({ name }) => name.toLowerCase()))],
  };
}

/** What is wrong with the contexts and functions that an expression names, in no order; no expression with one can be evaluated. */
export function nameProblems(expression: ParsedExpression, scope: ExpressionScope): readonly Problem[] {
  return [
    ...expression.accesses.flatMap((access) => accessProblem(access, scope) ?? []),
    ...expression.calls.flatMap((call) => callProblem(call, scope) ?? []),
  ];
}

function secretUses(expression: ParsedExpression, scope: ExpressionScope): readonly Problem[] {
  return secretProblems(expression, (access) => {
    const root = rootShape(access, scope);
    if (root === undefined) return false;
    if (access.context.name.toLowerCase() === 'secrets') return true;
    const resolution = resolveAccess(access, root);
    return 'shapes' in resolution && resolution.shapes.some(holdsSecret);
  });
}

function rootShape(access: Access, scope: ExpressionScope): Shape | undefined {
  const name = findKey(scope.contexts, access.context.name);
  return name === undefined ? undefined : scope.contexts[name];
}

function accessProblem(access: Access, scope: ExpressionScope): Problem | undefined {
  const root = rootShape(access, scope);
  if (root === undefined) return unknownContext(access, scope);
  const resolution = resolveAccess(access, root);
  return 'problem' in resolution ? resolution.problem : undefined;
}

function unknownContext(access: Access, scope: ExpressionScope): Problem {
  const { context } = access;
  const { name, start, end } = context;
  const available = Object.keys(scope.contexts);
  if (scope.known.some((known) => known === name.toLowerCase())) {
    return {
      kind: 'parsing',
      code: 'CONTEXT_NOT_AVAILABLE',
      message: `the context ${quote(name)} is not available in ${scope.place}`,
      remedy: unavailableRemedy(name, available),
      start,
      end,
    };
  }
  if (name.toLowerCase() === 'github') return githubContext(access, available);
  return {
    kind: 'parsing',
    code: 'UNKNOWN_CONTEXT',
    message: `there is no context ${quote(name)}`,
    remedy: contextRemedy(name, available, scope),
    start,
    end,
    ...replacedBy(context, contextMeant(name, available)),
  };
}

function githubContext({ context, steps, start, end }: Access, available: readonly string[]): Problem {
  const names = steps.map((step) => (step.kind === 'property' ? step.name : undefined));
  const ours = counterpartOfGithub(names);
  const isAvailable = ours !== undefined && available.includes(ours.split('.', 1)[0] ?? '');
  const name = names.findLast((candidate) => /^[A-Za-z_][\w-]*$/.test(candidate ?? '')) ?? 'name';
  return {
    kind: 'parsing',
    code: 'UNKNOWN_CONTEXT',
    message: `there is no context ${quote(context.name)}`,
    remedy: isAvailable
      ? `Write ${quote(ours)}.`
      : ours === undefined
        ? `Declare an input, give it when the run is started, and write ${quote(`inputs.${name}`)}.`
        : `Read ${quote(ours)} in a step: here it is not known.`,
    start: context.start,
    end: context.end,
    ...replacedBy({ start, end }, isAvailable ? ours : undefined),
  };
}

function replacedBy(
  { start, end }: { readonly start: number; readonly end: number },
  text: string | undefined,
): { readonly replacement?: Replacement } {
  return text === undefined ? {} : { replacement: { start, end, text } };
}

/** What was plainly meant by a name that is no context. */
function contextMeant(name: string, available: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const literal = ['true', 'false', 'null', 'NaN', 'Infinity'].find((candidate) => candidate.toLowerCase() === lower);
  if (literal !== undefined) return literal;
  // Whether a function was meant or a text, who knows.
  return findFunction(name) === undefined ? soleGuess(name, available) : undefined;
}

function unavailableRemedy(name: string, available: readonly string[]): string {
  const list = `Available here: ${available.join(', ')}.`;
  if (name.toLowerCase() === 'each') return `The item of a loop is there only inside of \`for-each@v1\`. ${list}`;
  if (name.toLowerCase() !== 'secrets') return list;
  const where = 'Secrets are for `with` and `env` of a step whose node is a plugin.';
  return available.includes('env')
    ? `${where} To ask whether one is set, put it into the step's \`env\` and compare that with ''.`
    : where;
}

function contextRemedy(name: string, available: readonly string[], scope: ExpressionScope): string {
  const rule = findFunction(name);
  if (rule !== undefined) return `Did you mean to call it? Write \`${rule.usage}\`.`;
  const lower = name.toLowerCase();
  if (lower === 'true' || lower === 'false' || lower === 'null') return `Write ${quote(lower)}, in lower case.`;
  if (lower === 'nan') return 'Write `NaN`.';
  if (lower === 'infinity') return 'Write `Infinity`.';
  // A slip that meant a context of another place is still a slip: its own place is said when it is written right.
  if (didYouMean(name, available) === undefined) {
    const elsewhere = didYouMean(name, scope.known);
    if (elsewhere !== undefined) return `Did you mean ${quote(elsewhere)}? It is not available in ${scope.place}.`;
  }
  return `${suggestName(name, available)} A text stands in single quotes: '${name}'.`;
}

function callProblem(call: Call, scope: ExpressionScope): Problem | undefined {
  const { name, start, end, node } = call;
  const available = [...generalFunctions, ...scope.functions];
  const rule = findFunction(name);
  if (rule === undefined) {
    return {
      kind: 'parsing',
      code: 'UNKNOWN_FUNCTION',
      message: `there is no function ${quote(name)}`,
      remedy: suggestName(name, available),
      start,
      end,
      ...replacedBy({ start, end }, soleGuess(name, available)),
    };
  }
  if (!available.some((function_) => function_.toLowerCase() === rule.name.toLowerCase())) {
    return {
      kind: 'parsing',
      code: 'UNKNOWN_FUNCTION',
      message: `the function ${quote(rule.name)} is not available in ${scope.place}`,
      remedy: `Available here: ${available.join(', ')}.`,
      start,
      end,
    };
  }
  const wrong = argumentCountProblem(rule, node.args.length);
  if (wrong === undefined) return undefined;
  return {
    kind: 'parsing',
    code: 'WRONG_ARGUMENT_COUNT',
    message: wrong,
    remedy: `Write \`${rule.usage}\`.`,
    start,
    end,
  };
}

/** A format text that is written out can be read before it is used; GitHub's engine finds it only when it evaluates the call. */
function formatProblem({ name, node, firstText }: Call): Problem | undefined {
  if (firstText === undefined || findFunction(name)?.name !== 'format') return undefined;
  const { text, start, end } = firstText;
  const parsed = parseFormat(text);
  if ('wrong' in parsed)
    return { ...wrongFormat(text, parsed.wrong), kind: 'parsing', code: 'INVALID_VALUE', start, end };
  const missing = parsed.parts.find((part) => typeof part === 'number' && part + 1 >= node.args.length);
  if (missing === undefined) return undefined;
  return { ...missingArgument(text, missing), kind: 'parsing', code: 'WRONG_ARGUMENT_COUNT', start, end };
}
