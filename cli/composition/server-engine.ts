import type { Logger } from 'winston';
import type { Engine } from '../../engine/port.ts';
import type { JsonObject } from '../../schemas/index.ts';
import type { Catalogue } from '../../server/catalogue.ts';
import type { ServerParts } from '../../server/parts.ts';
import type { SharedEngine } from '../../server/runs/shared-engine.ts';
import type { ShippedLogs } from '../../storage/logs/index.ts';
import type { RunPayloads } from '../../storage/payloads/index.ts';
import type { Records } from '../../storage/records/port.ts';
import type { Terminal } from '../terminal.ts';
import { openEngine } from './engine.ts';
import { openPlugins } from './plugins.ts';
import { type HeldPolicy, holdPolicy, openPolicy } from './policy.ts';
import type { SandboxEvents } from './sandbox-events.ts';
import { openSecrets, readSecrets } from './secrets.ts';
import { openServerCatalogue } from './server-catalogue.ts';
import type { ServerSettings } from './server-config.ts';
import type { ServerTemporalSettings } from './temporal-config.ts';

/** What a server hands runs to. */
export interface ServerEngine extends AsyncDisposable {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  /** What a new run keeps, so that it is resumed under the same terms. */
  readonly settings: JsonObject;
  /** Other servers hand runs to the engine, too. */
  readonly shared?: SharedEngine;
  /** Resolves where what the engine needs beside the records answers. */
  readonly check?: () => Promise<void>;
  readonly codec?: NonNullable<ServerParts['codec']>;
  /** The policy of the agent in this process; absent: agents elsewhere have their own. */
  readonly policy?: HeldPolicy;
}

/** The embedded engine, with an agent in this process. CONFINEMENT_UNAVAILABLE where this machine can't do what the policy requires. */
export async function openEmbedded(
  terminal: Terminal,
  parts: {
    readonly settings: ServerSettings & { readonly development?: { readonly approve: readonly string[] } };
    readonly records: Records;
    readonly metrics: SandboxEvents;
    readonly log: Logger;
  },
): Promise<ServerEngine> {
  const { settings, records, metrics } = parts;
  const first = openPolicy(terminal, settings.policy);
  const policy = holdPolicy(terminal, first, (next) => opened.requireConfinement(next));
  await using opening = new AsyncDisposableStack();
  const secrets = readSecrets(terminal, settings.secretsFile);
  const broker = secrets === undefined ? undefined : opening.use(openSecrets(terminal, secrets, parts.log));
  const opened = opening.use(
    openEngine(terminal, {
      state: settings.config.state,
      policy: first.file,
      // A developer's policy counts as soon as it is saved.
      ...(settings.development === undefined ? { heldPolicy: policy.current } : {}),
      approve: settings.development?.approve ?? [],
      sandboxEvents: metrics,
      ...(broker === undefined ? {} : { secrets: broker }),
    }),
  );
  await opened.requireConfinement(first);
  const running = opening.move();
  return {
    engine: opened.engine,
    catalogue: {
      ...openServerCatalogue(terminal, { records, confinement: () => opened.confinement() }),
      ...(broker === undefined ? {} : { secretsOf: async (tenant) => broker.of(tenant).names }),
    },
    settings: opened.settings([]),
    policy,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The engine on Temporal, whose runs are carried out by agents elsewhere. */
export async function openOnTemporal(
  terminal: Terminal,
  parts: Pick<ServerSettings, 'config'> & {
    readonly temporal: ServerTemporalSettings;
    readonly records: Records;
    readonly shippedLogs: ShippedLogs;
    readonly payloads: RunPayloads;
    readonly log: Logger;
  },
): Promise<ServerEngine> {
  const { temporal: settings, config, records, shippedLogs, payloads, log } = parts;
  // The packages of Temporal take a while, which nobody else needs to wait for.
  const { openTemporal } = await import('./temporal.ts');
  const { tailsIn } = await import('./temporal-logs.ts');
  const { agentCatalogue } = await import('./temporal-catalogue.ts');
  const { nodesWithAgents } = await import('./temporal-nodes.ts');
  const { reaching } = await import('./temporal-connection.ts');
  const logs = tailsIn(shippedLogs);
  const opened = await openTemporal(terminal, { settings, config, records, logs, payloads, log });
  const { agents, link } = opened;
  const own = openServerCatalogue(terminal, { records });
  const ofAgents = agentCatalogue({
    agents,
    client: link.client,
    namespace: settings.namespace,
    reaching: (action) => reaching(settings, action),
  });
  const { builtInNames } = openPlugins(terminal, []);
  const nodes = nodesWithAgents(own, { agents: ofAgents.known, builtIn: builtInNames });
  return {
    engine: opened.engine,
    catalogue: { ...own, ...ofAgents.views, ...nodes },
    settings: {},
    shared: opened.shared,
    check: () => opened.check(),
    ...(opened.codec === undefined ? {} : { codec: opened.codec }),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
