import { describe, expect, test } from 'vitest';

import { expressionScope, expressionScopes, knownContexts } from './scopes.ts';

describe('the table of places', () => {
  test('names contexts of the language alone', () => {
    for (const rule of Object.values(expressionScopes)) {
      expect(knownContexts).toEqual(expect.arrayContaining([...rule.contexts]));
    }
  });

  test('lets secrets be seen only by the agent and on their way into a reusable workflow', () => {
    const places = Object.entries(expressionScopes).filter(([, rule]) => rule.contexts.includes('secrets'));
    expect(places.map(([place]) => place)).toEqual(['step-with', 'reusable-secrets']);
  });

  test('gives a scope the shapes that are known, and any for the others', () => {
    const inputs = { kind: 'object', properties: {} } as const;
    expect(expressionScope('workflow', { inputs })).toEqual({
      place: "the workflow's own keys",
      contexts: { inputs, vars: { kind: 'any' }, tenant: { kind: 'any' } },
      functions: [],
      known: knownContexts,
    });
  });
});
