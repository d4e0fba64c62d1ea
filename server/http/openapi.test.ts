import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { compile } from '../../dsl/index.ts';
import { testCatalogue } from '../../dsl/testing/catalogue.ts';
import { type AbsolutePath, isJsonObject, type JsonObject } from '../../schemas/index.ts';
import type { ServerConfig } from '../config.ts';
import { apiRoutes } from '../routes/all.ts';
import { components } from './components.ts';
import { openApiDocument } from './openapi.ts';
import { createSchemaChecks } from './schema-check.ts';
import { untouchedParts } from './untouched-parts.ts';

const config: ServerConfig = {
  host: '127.0.0.1',
  port: 0,
  state: '/nowhere' as AbsolutePath,
  trustedProxies: [],
  corsOrigins: [],
  limits: {
    bodyBytes: 1,
    requestsPerMinute: 1,
    failuresPerMinute: 1,
    headersTimeoutMs: 1,
    requestTimeoutMs: 1,
    shutdownGraceMs: 1,
    streams: 1,
    requests: 1,
    queuedRequests: 1,
    queueTimeoutMs: 1,
    queuedRuns: 1,
  },
  activeRuns: 1,
  keepRunsMs: 1,
  keepCallsMs: 1,
  logLevel: 'error',
};

const routes = apiRoutes(untouchedParts(config));
const document = openApiDocument(routes, { components, url: 'https://waterflow.example.com' });

/** Every object in a document. */
function objectsIn(value: unknown): readonly JsonObject[] {
  if (typeof value !== 'object' || value === null) return [];
  const members = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? members : [value as JsonObject, ...members];
}

describe('the OpenAPI document', () => {
  test('fits the meta-schema of OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  test('answers every error as a problem', () => {
    for (const { operation, responses } of routes) {
      for (const [status, { content = {} }] of Object.entries(responses)) {
        if (Number(status) < 400) continue;
        const others = Object.keys(content).filter((type) => type !== 'application/problem+json');
        expect(others, `${operation} ${status}`).toEqual(operation === 'getReadiness' ? ['application/json'] : []);
      }
    }
  });

  test('separates items of lists in queries by a comma, which none of them can hold, or takes each by itself', () => {
    const lists = routes.flatMap(({ query = {}, unsplit = [] }) =>
      Object.entries(query).flatMap(([name, schema]) =>
        schema['type'] === 'array' && !unsplit.includes(name) ? [schema] : [],
      ),
    );
    const labels = objectsIn(document).find((one) => one['name'] === 'label' && one['in'] === 'query');
    expect(labels).toMatchObject({ style: 'form', explode: true });
    expect(lists.length).toBeGreaterThan(0);
    for (const { items } of lists) {
      const { enum: values = [], pattern } = items as { readonly enum?: readonly string[]; readonly pattern?: string };
      const fitting = [
        ...values,
        ...(pattern === undefined ? [] : ['team:a,b'].filter((text) => new RegExp(pattern, 'u').test(text))),
      ];
      expect(values.length > 0 || pattern !== undefined).toBe(true);
      expect(fitting.filter((value) => value.includes(','))).toEqual([]);
    }
  });

  test('leaves open what only the data of a media type could be: events of a stream, and YAML', () => {
    const contents = routes.flatMap(({ body, responses }) => [
      ...Object.entries(body?.content ?? {}),
      ...Object.values(responses).flatMap(({ content = {} }) => Object.entries(content)),
    ]);
    const open = contents.filter(([type]) => type === 'text/event-stream' || type === 'application/yaml');
    expect(open.length).toBeGreaterThan(2);
    for (const [type, { schema }] of open) expect(Object.keys(schema), type).toEqual(['description']);
  });

  test('has schemas that are JSON Schemas, and that ajv compiles strictly', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const schemas = [
      ...Object.values(components),
      ...routes.flatMap((route) => [
        ...Object.values(route.params ?? {}),
        ...Object.values(route.query ?? {}),
        ...Object.values(route.headers ?? {}),
        ...Object.values(route.body?.content ?? {}).map(({ schema }) => schema),
        ...Object.values(route.responses).flatMap(({ content }) =>
          Object.values(content ?? {}).map(({ schema }) => schema),
        ),
      ]),
    ];
    const checks = createSchemaChecks(components);
    for (const schema of schemas) {
      expect(ajv.validateSchema(schema), JSON.stringify([schema, ajv.errors])).toBe(true);
      // It compiles when it is first used. Within an object, since a parameter may have a default.
      const holder = { type: 'object', properties: { value: schema } };
      expect(() => checks.check(holder, 'it')({ value: null })).not.toThrow();
    }
  });

  test('has no constants but as enumerations, which generators of clients know for every type', () => {
    expect(objectsIn(document).filter((schema) => 'const' in schema)).toEqual([]);
  });

  test('has references that lead somewhere', () => {
    const references = objectsIn(document).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    for (const reference of references) {
      const steps = reference.replace('#/', '').split('/');
      const found = steps.reduce<unknown>(
        (value, step) => (value as Readonly<Record<string, unknown>> | undefined)?.[step],
        document,
      );
      expect(found, reference).toBeDefined();
    }
  });

  test('names each operation once, and each parameter of a path', () => {
    const operations = routes.map(({ operation }) => operation);
    expect(new Set(operations).size).toBe(operations.length);
    for (const { path, params = {}, operation } of routes) {
      expect(operation).toMatch(/^[a-z][A-Za-z0-9]*$/u);
      const named = [...path.matchAll(/\{([^}]*)\}/gu)].map(([, name = '']) => name);
      expect(
        Object.keys(params).toSorted((one, other) => one.localeCompare(other)),
        path,
      ).toEqual(named.toSorted((one, other) => one.localeCompare(other)));
    }
  });

  test('asks for a key wherever the operation is not public', () => {
    for (const { path, method, permission } of routes) {
      const operation = (document['paths'] as Record<string, Record<string, JsonObject>>)[path]?.[method.toLowerCase()];
      expect(operation?.['security'], path).toEqual(permission === 'public' ? [] : undefined);
    }
    expect(document['security']).toEqual([{ bearer: [] }, { apiKey: [] }]);
  });

  test('has an example of each JSON body, and each fits its schema', () => {
    const checks = createSchemaChecks(components);
    const bodies = routes.flatMap(({ operation, body }) =>
      Object.values(body?.content ?? {}).map((content) => ({ ...content, operation })),
    );
    const missing = bodies.filter(({ as, example }) => as === 'json' && example === undefined);
    expect(missing.map(({ operation }) => operation)).toEqual([]);
    for (const { schema, example, operation } of bodies.filter(({ example }) => example !== undefined)) {
      expect(checks.check(schema, 'it')(structuredClone(example)), operation).toEqual([]);
    }
  });

  test('has examples of workflows without a mistake', () => {
    const texts = objectsIn(document)
      .flatMap(({ example }) => (isJsonObject(example) ? [example['workflow']] : [example]))
      .filter((text) => typeof text === 'string');
    expect(texts.length).toBeGreaterThan(4);
    for (const text of texts) {
      const { diagnostics } = compile(text, { file: 'example.yml', catalogue: testCatalogue });
      expect(diagnostics).toEqual([]);
    }
  });
});
