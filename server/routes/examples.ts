import type { Json } from '../../schemas/index.ts';
import type { Route } from '../http/route.ts';

const workflow = `name: greet
on:
  manual:
    inputs:
      name: { type: string, default: world }
jobs:
  greet:
    runs-on: local
    steps:
      - run: echo "Hello, $NAME"
        env: { NAME: "\${{ inputs.name }}" }
`;

const json = 'application/json';
const yaml = 'application/yaml';
const reason = { [json]: { reason: 'a newer version is on its way' } };

/** Bodies to begin with, by operation and media type. */
const examples: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  submitWorkflow: { [json]: { workflow, inputs: { name: 'Ada' }, labels: { team: 'web' } }, [yaml]: workflow },
  validateWorkflow: { [json]: { workflow }, [yaml]: workflow },
  cancelRun: reason,
  terminateRun: reason,
  pauseRun: reason,
  resumeRun: { [json]: { reason: 'the release is out' } },
  rerunRun: { [json]: { from: 'failed' } },
  signalRun: { [json]: { name: 'build-ready', payload: { version: '1.4.0' } } },
  decideRun: { [json]: { decision: 'approve', comment: 'looks good' } },
  createSchedule: {
    [json]: { workflow, name: 'greet on workdays', cron: '30 6 * * mon-fri', timezone: 'Europe/Berlin' },
  },
  changeSchedule: { [json]: { paused: true } },
  backfillSchedule: { [json]: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' } },
  createWebhook: { [json]: { workflow, name: 'greet on push' } },
  changeWebhook: { [json]: { paused: true } },
  createKey: { [json]: { name: 'ci', role: 'operator', expires_in: '90d' } },
  decodePayloads: { [json]: { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'IkFkYSI=' }] } },
  encodePayloads: { [json]: { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'IkFkYSI=' }] } },
  rotateKey: { [json]: { grace: '24h' } },
};

/** The routes, with the examples of their bodies. */
export function withExamples(routes: readonly Route[]): readonly Route[] {
  return routes.map((route) => {
    const own = examples[route.operation];
    if (own === undefined || route.body === undefined) return route;
    const content = Object.fromEntries(
      Object.entries(route.body.content).map(([type, media]) => {
        const example = media.example ?? own[type];
        return [type, example === undefined ? media : { ...media, example }];
      }),
    );
    return { ...route, body: { ...route.body, content } };
  });
}
