import type { Logger } from 'winston';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { ServerClock } from '../../server/parts.ts';
import { createSpanExporter } from '../../server/telemetry/exporter.ts';
import { sendOverHttp } from '../../server/telemetry/send.ts';
import { type TelemetrySettings, telemetrySettings } from '../../server/telemetry/settings.ts';
import type { Spans } from '../../server/telemetry/span.ts';
import type { Terminal } from '../terminal.ts';

/** Exports spans where OpenTelemetry's variables say to; undefined where they don't. Throws INVALID_INPUT. */
export function openTelemetry(
  { env }: Pick<Terminal, 'env'>,
  { clock, log }: { readonly clock: ServerClock; readonly log: Logger },
): (Spans & AsyncDisposable) | undefined {
  const settings = readSettings(env);
  return settings === undefined ? undefined : createSpanExporter({ settings, send: sendOverHttp, clock, log });
}

function readSettings(env: Terminal['env']): TelemetrySettings | undefined {
  try {
    return telemetrySettings(env);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const remedy = "Give it as http://collector:4318, the collector's address for OTLP over HTTP, or leave it out.";
    throw new WaterflowFailure({ code: 'INVALID_INPUT', message, remedy }, { cause });
  }
}
