/** Where spans go, as OpenTelemetry's own environment variables say it (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */
export interface TelemetrySettings {
  /** OTLP over HTTP, in JSON. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of everything that is exported. */
  readonly resource: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined where nothing is to be exported. Throws TypeError where an address isn't one. */
export function telemetrySettings(env: Environment): TelemetrySettings | undefined {
  const isOff = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none';
  const url = isOff ? undefined : tracesUrl(env);
  if (url === undefined) return undefined;
  return {
    url,
    headers: pairs(env['OTEL_EXPORTER_OTLP_TRACES_HEADERS'] ?? env['OTEL_EXPORTER_OTLP_HEADERS']),
    resource: {
      'service.name': 'waterflow-server',
      ...pairs(env['OTEL_RESOURCE_ATTRIBUTES']),
      ...(given(env['OTEL_SERVICE_NAME']) === undefined ? {} : { 'service.name': String(env['OTEL_SERVICE_NAME']) }),
    },
  };
}

/** The address for traces is taken as it is; to the one for everything the path of traces is added. */
function tracesUrl(env: Environment): string | undefined {
  const own = given(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
  if (own !== undefined) return httpUrl(own);
  const base = given(env['OTEL_EXPORTER_OTLP_ENDPOINT']);
  return base === undefined ? undefined : httpUrl(`${base.replace(/\/+$/u, '')}/v1/traces`);
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol)) return new URL(text).href;
  throw new TypeError(`OTEL_EXPORTER_OTLP_ENDPOINT is no http or https address: ${JSON.stringify(text)}`);
}

/** `key=value,key2=value2`, percent-encoded. */
function pairs(text: string | undefined): Readonly<Record<string, string>> {
  const entries = (text ?? '').split(',').flatMap((pair): (readonly [string, string])[] => {
    const at = pair.indexOf('=');
    const key = pair.slice(0, at).trim();
    return at > 0 && key !== '' ? [[key, decoded(pair.slice(at + 1).trim())]] : [];
  });
  return Object.fromEntries(entries);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An empty variable is one that isn't set. */
function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}
