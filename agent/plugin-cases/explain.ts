import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { Misfit } from '../../runtime/documents/schema-document.ts';
import type { Problem } from '../../runtime/documents/yaml-document.ts';
import { errorKinds } from '../../schemas/index.ts';

/** What a person probably meant by something that is of no form that a file of cases has; undefined where nobody can tell. */
export function explainMisfit({ path, keyword, value, written }: Misfit): Problem | undefined {
  const [, ...inCase] = path;
  const place = inCase.join('.');
  if (keyword === 'type' && place === 'expect.error' && typeof value === 'string') {
    const isCode = /^[A-Z][A-Z_]*$/.test(value);
    const example = isCode ? `{ code: ${value} }` : `{ code: STEP_FAILED, message: ${JSON.stringify(value)} }`;
    return {
      message: 'an expected error has keys of its own: `code`, and perhaps `message`',
      remedy: `Write \`error: ${example}\`.`,
    };
  }
  if (keyword === 'type' && /^expect\.denials\.\d+$/.test(place) && typeof value === 'string') {
    return {
      message: 'an expected denial has keys of its own: `call`, and perhaps `rule`',
      remedy: `Write \`- { call: ${value} }\`.`,
    };
  }
  const isText = keyword === 'oneOf' && /^(?:files|expect\.files|expect\.log)\.|\.(?:call|message)$/.test(place);
  if (isText && (typeof value === 'number' || typeof value === 'boolean')) {
    return {
      message: `\`${written}\` is read as a ${typeof value}, and a text is meant here`,
      remedy: `Put it in quotes: \`"${written}"\`.`,
    };
  }
  return undefined;
}

/** What is wrong with the code of an expected error. */
export function codeProblem(code: string): Problem | undefined {
  if (Object.hasOwn(errorKinds, code)) return undefined;
  const guess = didYouMean(code, Object.keys(errorKinds));
  return {
    message: `no step fails with \`${code}\``,
    remedy:
      guess === undefined
        ? 'What a plugin throws by itself is STEP_FAILED, a denied call DENIED; docs/errors.md has all codes.'
        : `Did you mean \`${guess}\`? docs/errors.md has all codes.`,
  };
}
