import type { Catalogue } from '../catalogue.ts';
import { plural } from '../plural.ts';

/** Why runs are as they are, and what their plugins may do. */
export const boundary: Pick<Catalogue, 'why' | 'records' | 'grants' | 'updates'> = {
  why: {
    failed: 'Why it failed',
    goesOn: 'What it waits for, and why it is as it is',
    fixes: 'What to do',
    refused: 'Host calls that were refused',
    toCalls: 'The refused host calls of this place',
    earlier: 'Attempts before',
    exitCode: (code) => `exit code ${code}`,
    waits: 'What it waits for',
    since: 'Since it last succeeded',
    compared: 'The run that succeeded',
    retried: 'Tried again',
    kept: 'Kept from running',
    skipped: 'Skipped by a condition',
    gaps: 'What of the record could not be read',
    commands: 'At a terminal',
  },
  records: {
    title: 'The record of the host calls',
    states: {
      intact: 'Intact and closed',
      unfinished: 'Holds, not closed',
      torn: 'Holds, its last entry is cut off',
      broken: 'Broken',
    },
    here: "of the server's own agent",
    entries: (entries, signed) => `${plural(entries, 'entry', 'entries')}, signed up to ${signed}`,
    key: 'key',
    checkedWith: {
      agent: "Checked by the server with its agent's key, from the first entry to the last.",
      record:
        'Checked by the server with the key that the record names itself. Whose key that is, `waterflow audit verify` on the agent says.',
    },
    again: 'Check again',
  },
  updates: {
    there: (version) => `Version ${version} is there.`,
    more: 'It asks for what this one does not:',
    noMore: 'It asks for nothing that this one does not.',
    kinds: { added: 'new', widened: 'wider', changed: 'changed' },
    was: (what) => `(so far: ${what})`,
  },
  grants: {
    title: 'What it may do',
    byAgents:
      'The policy of the agent that runs a step decides, and the server does not have it. On that machine `waterflow grants explain` shows it.',
    advisory: 'By the policy and the plugins as they are now; the list below says by what each call was decided.',
    none: 'No step here uses a plugin.',
    nothing: 'It requests nothing.',
    unknown: (names) => `Known only while the run goes on: ${names}`,
    origins: {
      'built-in': 'built in',
      approved: 'approved by the lockfile or by --approve',
      installed: 'installed, not approved',
      local: 'beside the workflow, not approved',
    },
    memory: (mebibytes) => `${mebibytes} MiB`,
    always: (names) => `Always there: ${names}`,
    verdicts: { granted: 'granted', narrowed: 'narrowed', refused: 'refused', 'not requested': 'not requested' },
    by: (layers) => `by ${layers}`,
    layers: {
      manifest: 'the manifest',
      policy: 'the policy',
      caller: 'the calling workflow',
      workflow: 'the workflow',
      job: 'the job',
      step: 'the step',
    },
    requested: 'It requests to',
    allows: (layer) => `Allowed by ${layer}:`,
    allowsNothing: (layer, place) => `Nothing is allowed by ${layer} (${place})`,
    forbidden: 'The policy forbids to',
    dropped: 'Not in force:',
  },
};
