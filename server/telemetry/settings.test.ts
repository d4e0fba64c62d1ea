import { describe, expect, it } from 'vitest';
import { telemetrySettings } from './settings.ts';

describe('where spans go', () => {
  it('is nowhere without an address, and where it is switched off', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    expect(telemetrySettings({})).toBeUndefined();
    expect(telemetrySettings({ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' })).toBeUndefined();
    expect(telemetrySettings({ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' })).toBeUndefined();
    expect(telemetrySettings({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined();
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, 'http://collector:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/otlp//' }, 'https://collector/otlp/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/spans' }, 'http://collector/spans'],
  ])('%j is %s', (env, url) => {
    expect(telemetrySettings(env)?.url).toBe(url);
  });

  it('has headers and a name', () => {
    expect(
      telemetrySettings({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-team = ops,broken,=x',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test,service.name=other',
        OTEL_SERVICE_NAME: 'mine',
      }),
    ).toMatchObject({
      headers: { authorization: 'Bearer abc', 'x-team': 'ops' },
      resource: { 'deployment.environment': 'test', 'service.name': 'mine' },
    });
  });

  it.each(['collector:4318', 'file:///etc/passwd', 'not an address'])('is not %j', (text) => {
    expect(() => telemetrySettings({ OTEL_EXPORTER_OTLP_ENDPOINT: text })).toThrow('no http or https address');
  });
});
