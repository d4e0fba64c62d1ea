import { isJsonObject, type Json, type JsonObject } from '../schemas/index.ts';
import type { NodeCatalogue, NodeDescription } from './api.ts';
import { bodyInputs } from './check/step-places.ts';

/** Any text that holds `${{ }}`: what it becomes is known only when it runs. */
const expression: JsonObject = {
  type: 'string',
  pattern: String.raw`\$\{\{`,
  description: 'An expression; its value is checked when the step runs.',
};

/** Inputs of control nodes that are known when the file is read, beside the steps inside. */
const writtenOut: ReadonlySet<string> = new Set(['outputs', 'schema']);

/** Keywords of a schema whose value is a schema, or several by name or in a list. */
const schemaKeywords: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'contains']);
const namedSchemaKeywords: ReadonlySet<string> = new Set(['properties', 'patternProperties']);
const listedSchemaKeywords: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf']);

/**
 * The schema of workflow files (`base`, draft 7) as an editor can use it best: with the nodes that the catalogue knows under
 * `uses`, their inputs under `with`, and the capabilities under `permissions`. Folders (`./plugin`) stay possible; what they take
 * is not known here.
 */
export function editorSchema(base: JsonObject, catalogue: NodeCatalogue): JsonObject {
  const nodes = catalogue.names().flatMap((uses): readonly NodeDescription[] => {
    const found = catalogue.find(uses);
    return 'node' in found ? [{ ...found.node, uses }] : [];
  });
  const definitions = objectAt(base, 'definitions');
  return {
    ...base,
    definitions: {
      ...definitions,
      step: stepSchema(objectAt(definitions, 'step'), nodes),
      permissions: permissionsSchema(objectAt(definitions, 'permissions'), catalogue),
    },
  };
}

function stepSchema(step: JsonObject, nodes: readonly NodeDescription[]): JsonObject {
  const properties = objectAt(step, 'properties');
  return {
    ...step,
    properties: { ...properties, uses: usesSchema(objectAt(properties, 'uses'), nodes) },
    ...(nodes.length === 0 ? {} : { allOf: nodes.map(inputsRule) }),
  };
}

/** A name that the editor can complete, with what it is for; or the same name in its exact forms; or a folder. */
function usesSchema(uses: JsonObject, nodes: readonly NodeDescription[]): JsonObject {
  const names = [...new Set(nodes.map((node) => nameOf(node.uses)))];
  const exactly = {
    pattern: String.raw`^(${names.join('|')})@(\d+\.\d+\.\d+|sha256:[0-9a-f]{64})$`,
    description: 'Exactly this version, or exactly these bytes.',
  };
  return {
    ...uses,
    anyOf: [
      ...nodes.map(({ uses: name, description }) => ({ const: name, description })),
      ...(names.length === 0 ? [] : [exactly]),
      { pattern: String.raw`^\./`, description: 'A plugin in a folder beside the workflow file.' },
    ],
  };
}

/** If a step uses this node, then its `with` is this node's inputs. */
function inputsRule(node: NodeDescription): JsonObject {
  const required = Object.keys(node.inputs).filter((name) => node.inputs[name]?.['required'] === true);
  return {
    if: { required: ['uses'], properties: { uses: { pattern: usesPattern(node.uses) } } },
    then: {
      ...(required.length === 0 ? {} : { required: ['with'] }),
      properties: {
        with: {
          type: 'object',
          description: node.description,
          additionalProperties: false,
          properties: Object.fromEntries(
            Object.entries(node.inputs).map(([name, input]) => [name, inputSchema(node, name, input)]),
          ),
          ...(required.length === 0 ? {} : { required }),
        },
      },
    },
  };
}

/** The forms of `uses` that surely mean this node: a digest may be of another version. */
function usesPattern(uses: string): string {
  const major = uses.slice(uses.indexOf('@v') + 2);
  return String.raw`^${nameOf(uses)}@(v${major}|${major}\.\d+\.\d+)$`;
}

function nameOf(uses: string): string {
  return uses.slice(0, uses.indexOf('@'));
}

/** In a manifest `required: true` stands beside an input's schema; in draft 7 it would be a mistake. */
function inputSchema(node: NodeDescription, name: string, input: JsonObject): JsonObject {
  const own = Object.fromEntries(Object.entries(input).filter(([key]) => key !== 'required'));
  const schema = Array.isArray(input['required']) ? { ...own, required: input['required'] } : own;
  if (node.runtime !== 'control') return orExpression(schema);
  if ((bodyInputs[nameOf(node.uses)] ?? []).includes(name)) return { ...schema, items: { $ref: '#/definitions/step' } };
  return writtenOut.has(name) ? schema : orExpression(schema);
}

function permissionsSchema(permissions: JsonObject, catalogue: NodeCatalogue): JsonObject {
  const capabilities = Object.entries(catalogue.permissionSchemas());
  if (capabilities.length === 0) return permissions;
  return {
    ...permissions,
    additionalProperties: false,
    properties: Object.fromEntries(
      capabilities.map(([name, entry]) => [
        name,
        { type: 'array', description: `What ${name} is narrowed to.`, items: withExpressions(entry) },
      ]),
    ),
  };
}

/** A schema that also takes an expression in its place, with its description and default where an editor looks for them. */
function orExpression(schema: JsonObject): JsonObject {
  const shown = Object.fromEntries(
    Object.entries(schema).filter(([key]) => key === 'description' || key === 'default'),
  );
  return { ...shown, anyOf: [withExpressions(schema), expression] };
}

/** A schema whose parts, however deep, also take expressions. */
function withExpressions(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]): [string, Json] => {
      if (schemaKeywords.has(keyword)) return [keyword, isJsonObject(value) ? orExpression(value) : value];
      if (namedSchemaKeywords.has(keyword) && isJsonObject(value)) return [keyword, mapSchemas(value, orExpression)];
      if (listedSchemaKeywords.has(keyword) && Array.isArray(value)) {
        return [keyword, value.map((part: Json) => (isJsonObject(part) ? withExpressions(part) : part))];
      }
      return [keyword, value];
    }),
  );
}

function mapSchemas(schemas: JsonObject, change: (schema: JsonObject) => JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, isJsonObject(schema) ? change(schema) : schema]),
  );
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}
