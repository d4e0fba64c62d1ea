import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { type Endpoint, type EndpointPattern, matchesEndpoint, parseEndpointPattern } from '../../net/endpoint.ts';

/** Where one entry lets a confined program connect to. */
export interface EgressRule {
  readonly endpoints: readonly EndpointPattern[];
  /** Whether these may have private addresses. */
  readonly private: boolean;
}

/** Of one entry. */
const maxEndpoints = 100;

/** JSON Schemas of the two keys. */
export const egressSchemas: { readonly egress: JsonObject; readonly private: JsonObject } = {
  egress: {
    type: 'array',
    minItems: 1,
    maxItems: maxEndpoints,
    items: { type: 'string' },
    description: '`host:port` that a program in profile workspace may connect to; `*.host` and a port `*` work',
  },
  private: { type: 'boolean', description: 'whether these endpoints may have private addresses' },
};

/** Reads `egress` and `private` of an entry. */
export function parseEgress(entry: JsonObject): { readonly egress: EgressRule } | { readonly problem: string } {
  const texts: Json = entry['egress'] ?? [];
  const isPrivate = entry['private'] === true;
  if (!Array.isArray(texts)) return { problem: '`egress` is a list of `host:port`' };
  if (texts.length === 0 && isPrivate) return { problem: '`private` goes with `egress`' };
  if (texts.length > 0 && entry['profile'] === 'host') {
    return { problem: "`egress` goes with profile workspace: on the host it couldn't be kept" };
  }
  const endpoints: EndpointPattern[] = [];
  for (const text of texts) {
    const parsed = parseEndpointPattern(typeof text === 'string' ? text : '');
    if ('problem' in parsed) return { problem: `\`egress\`: ${parsed.problem}` };
    endpoints.push(parsed.pattern);
  }
  return { egress: { endpoints, private: isPrivate } };
}

/** The entry's pattern that means the endpoint. */
export function patternFor(rule: EgressRule, endpoint: Endpoint): EndpointPattern | undefined {
  return rule.endpoints.find((pattern) => matchesEndpoint(pattern, endpoint));
}

/** For explain(); undefined where there is none. */
export function explainEgress(rule: EgressRule): string | undefined {
  if (rule.endpoints.length === 0) return undefined;
  const where = rule.endpoints.map(({ text }) => text).join(', ');
  return `connecting only to ${where}${rule.private ? ', at private addresses too' : ''}`;
}
