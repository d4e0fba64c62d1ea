import type { Span } from './span.ts';

/** Numbers of OTLP's protocol (opentelemetry-proto 1.x, trace.proto). */
const kinds = { internal: 1, server: 2 } as const;
const failed = 2;
const sampledFlag = 1;

/** Spans as OTLP has them in JSON: ids in hex, 64-bit numbers as texts. */
export function otlpTraces(spans: readonly Span[], resource: Readonly<Record<string, string>>): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'waterflow' }, spans: spans.map(otlpSpan) }],
      },
    ],
  });
}

function otlpSpan({ context, parent, name, kind, from, to, attributes, failed: isFailed }: Span): object {
  return {
    traceId: context.trace,
    spanId: context.parent,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    flags: sampledFlag,
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanoseconds(from),
    endTimeUnixNano: nanoseconds(Math.max(from, to)),
    attributes: attributesOf(attributes),
    status: isFailed ? { code: failed } : {},
  };
}

function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds)}000000`;
}

function attributesOf(attributes: Readonly<Record<string, string | number | boolean>>): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
