import type { GuideEntry } from '../error-guide.ts';
import type { ErrorCode } from '../errors.ts';
import type { CheckingCode } from './checking.ts';
import type { InstallingCode } from './installing.ts';
import type { PackageCode } from './packages.ts';
import type { WarningCode } from './warnings.ts';
import type { WorkflowCode } from './workflow.ts';

type RunningCode = Exclude<ErrorCode, CheckingCode | InstallingCode | PackageCode | WarningCode | WorkflowCode>;

/** What runs and commands end with. */
export const runningGuide: Readonly<Record<RunningCode, GuideEntry>> = {
  STEP_FAILED: {
    cause: "The step's script ended with another exit code than 0, or its plugin threw an error.",
    remedy: "Read the last lines of the step's log; give the step a `retry`, or `continue-on-error` where it may fail.",
    example: { situation: '`run: exit 3`' },
  },
  INVALID_OUTPUT: {
    cause:
      "A plugin returned outputs that its manifest doesn't declare, that are no JSON, or that hold the value of a secret of the run which no program of the step was given.",
    remedy:
      'Correct the plugin: what it returns must be what its manifest says, and no secret. A secret is long and random: what occurs by chance, as a user name does, is none.',
    example: {
      situation: 'A manifest declares `status: { type: integer }`, and the plugin returns `{ status: "200" }`.',
    },
  },
  CANCELLED: {
    cause: 'The run was cancelled while the step ran or waited.',
    remedy: 'Start the run again; steps with `if: always()` have run all the same.',
    example: { situation: 'Ctrl-C during `waterflow run`.' },
  },
  REJECTED: {
    cause: 'Somebody who had to approve a step or the environment of a job said no.',
    remedy: 'Do what their comment asks for, and run the workflow again.',
    example: { situation: 'An `approval@v1` step waits, and an approver rejects it.' },
  },
  EVALUATION_FAILED: {
    cause: 'An expression is right as it is written, and fails with the values that it meets in the run.',
    remedy: 'Check the value first, or produce one that the function can read.',
    example: { situation: '`${{ fromJSON(inputs.list) }}` where the input is `[1,`.' },
  },
  DENIED: {
    cause:
      "A plugin asked for something that its manifest, the policy or a `permissions:` of the workflow doesn't grant.",
    remedy: '`waterflow grants explain` shows which layer refuses; grant it there, if the plugin should have it.',
    example: { situation: 'A plugin with `net` for `https://api.example.com/*` requests `https://example.org/`.' },
  },
  TIMEOUT: {
    cause: 'A step or job was still running at its deadline, and was ended.',
    remedy: 'Raise `timeout-minutes`, within what the policy allows, or make the step shorter.',
    example: { situation: '`run: sleep 120` with `timeout-minutes: 1`' },
  },
  OUT_OF_MEMORY: {
    cause: 'A plugin used more memory than its limit, and was ended.',
    remedy: 'Raise `limits.memory` of the plugin, within what the policy allows, or have it hold less at once.',
    example: { situation: 'A plugin with `limits: { memory: 64MiB }` fills an array without end.' },
  },
  LIMIT_EXCEEDED: {
    cause: 'A limit other than those of time and memory was exceeded: the message says which.',
    remedy: 'Stay below the limit that the message names.',
    example: { situation: 'A matrix that an expression makes has 257 cells, and 256 is the most.' },
  },
  OUTPUT_TOO_LARGE: {
    cause: 'The outputs of a step have more than 1 MiB, or those of a run more than 16 MiB.',
    remedy: 'Write the data to a file of the workspace, and give its path as the output.',
    example: { situation: 'A step writes a whole archive to `$WATERFLOW_OUTPUT`.' },
  },
  SANDBOX_CRASHED: {
    cause: 'The process that held the plugin ended by itself, or sent what no well-meaning plugin sends.',
    remedy: 'Run it again; if it recurs, the plugin is at fault, or hostile.',
    example: { situation: 'A plugin makes the JavaScript engine abort.' },
  },
  CONFINEMENT_UNAVAILABLE: {
    cause: "The policy, or an exec in profile `workspace`, requires a confinement that this machine doesn't have.",
    remedy: '`waterflow doctor` says what is missing; install it, or lower `require.confinement` knowingly.',
    example: { situation: '`require: { confinement: 3 }` on a machine without user namespaces.' },
  },
  AGENT_LOST: {
    cause: 'The agent that ran the job is gone, so that nobody knows how far its step came.',
    remedy: 'Give a step that may run twice a `retry` with `on: [lost]`, or the job one that starts it over.',
    example: { situation: 'The machine loses power during a step; `--resume` finds it unfinished.' },
  },
  QUEUE_TIMEOUT: {
    cause: 'No agent took the job within its `queue-timeout`.',
    remedy: 'Start an agent for the queue that `runs-on` names, or name another queue.',
    example: { situation: '`runs-on: gpu`, and no agent serves `gpu`.' },
  },
  QUEUE_EMPTY: {
    cause: 'A job was to run on the hosts of a queue, and the queue has none.',
    remedy: 'Start an agent for the queue that `runs-on` names, or name another queue.',
    example: { situation: '`runs-on: { queue: web, hosts: all }`, and no agent serves `web`.' },
  },
  WORKSPACE_GONE: {
    cause: 'A step was to go on in a workspace that is not there any more.',
    remedy: 'Run the job again from its first step: it gets a new, empty workspace.',
    example: { situation: 'The folder of a run is cleaned while it is interrupted, and then it is resumed.' },
  },
  JOURNAL_BROKEN: {
    cause: "The journal of a run can't be read to its end. What is intact is kept.",
    remedy: "Restore the run's folder from a backup and resume, or start the workflow anew.",
    example: { situation: "A disk error damages the journal's file." },
  },
  STORAGE_FULL: {
    cause: 'The disk, or a quota on it, is full.',
    remedy: 'Make room, and resume the run.',
    example: { situation: '`waterflow run` with its state on a full disk.' },
  },
  STORAGE_FAILED: {
    cause: "The state folder, or where output goes, can't be written or read.",
    remedy: 'Check that the folder exists, belongs to this user and is writable.',
    example: { situation: '`--state` names a folder of another user.' },
  },
  RUN_LOCKED: {
    cause: 'Another process is carrying out this run.',
    remedy: 'Wait until it ends, or stop it; then resume. The lock goes with the process.',
    example: { situation: '`waterflow run --resume` twice at once.' },
  },
  RUN_LOST: {
    cause: "The workflow of a run, or of a job of it, was ended in Temporal itself, or isn't there any more.",
    remedy: 'Rerun it, in whole or in part; end runs by `waterflow cancel` or `terminate`, of which their steps hear.',
    example: {
      situation: '`temporal workflow terminate --workflow-id run-01…`, or a restored backup without the run.',
    },
  },
  SIGNAL_REFUSED: {
    cause:
      'A signal or a decision was sent that the run does not wait for, or not from this person or with this payload.',
    remedy: 'Send what the message names: the run says which signals it waits for, from whom and with what.',
    example: { situation: 'A signal `payment-done` is sent to a run in which no `wait-for@v1` step waits for it.' },
  },
  RUN_NOT_FOUND: {
    cause: 'There is no run of that id in the state folder.',
    remedy: 'Check the id, and give `--state` if the run is kept elsewhere.',
    example: { situation: "`waterflow run --resume` with the id of another machine's run." },
  },
  RUN_STATE: {
    cause: 'A run was asked for something that it cannot do as it is: it has ended, or it has not.',
    remedy: 'Look at what the run is at, and ask for what fits.',
    example: { situation: 'A run that has ended is paused, or one that still runs is to be rerun.' },
  },
  UNAUTHENTICATED: {
    cause: 'A request to the server came without a key or token, or with one that is wrong, expired or revoked.',
    remedy: 'Send `Authorization: Bearer` with a key that `waterflow keys list` shows as valid, or a fresh token.',
    example: { situation: 'A script goes on using an API key after its rotation.' },
  },
  FORBIDDEN: {
    cause: 'A key or token is valid, and its role or tenant does not allow what was asked for.',
    remedy: 'Ask with a key of the role that the message names; docs/rest-api.md has the table.',
    example: { situation: 'A key of role viewer submits a workflow.' },
  },
  NOT_FOUND: {
    cause: 'The server has nothing of that id or path, or it belongs to another tenant.',
    remedy: 'Check the path and the id, and that the key is one of the tenant that it belongs to.',
    example: { situation: 'A schedule is asked for after it was deleted.' },
  },
  CONFLICT: {
    cause: 'What was asked for does not go together with what is there already.',
    remedy: 'Look at what is there, and change or remove that first.',
    example: { situation: 'A second schedule gets the name of the first one.' },
  },
  METHOD_NOT_ALLOWED: {
    cause: 'The path exists, and takes other methods than the one that was used.',
    remedy: 'Use one of those that the `Allow` header of the answer names.',
    example: { situation: '`PUT /v1/workflows`.' },
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: 'The body of a request is of a media type that the operation does not take.',
    remedy: 'Send one of the types that the message names, and say so in `Content-Type`.',
    example: { situation: 'A workflow is sent as `application/x-www-form-urlencoded`, as curl does without a header.' },
  },
  IDEMPOTENCY_CONFLICT: {
    cause: 'An `Idempotency-Key` came again within 24 hours, with another request than the first time.',
    remedy: 'Make a new key for each new request, and send the same request when you repeat one.',
    example: { situation: 'A program sends the date as the key, twice on a day.' },
  },
  WEBHOOK_REFUSED: {
    cause:
      'There is no such webhook, it is paused, or the delivery has no valid signature or is too old. Which of them, the server only logs.',
    remedy: 'Sign the exact bytes of the body with the secret of the webhook, with a clock that is right.',
    example: { situation: 'The secret was changed at the server, and the sender still has the old one.' },
  },
  BODY_TOO_LARGE: {
    cause: 'The body of a request is larger than the operation takes.',
    remedy: 'Send less; large files belong into a repository or a store that the workflow fetches them from.',
    example: { situation: 'A workflow is submitted with an input of 100 MB.' },
  },
  RATE_LIMITED: {
    cause: 'More requests came with one key, or from one address, than the server takes in a minute.',
    remedy: 'Wait as long as `Retry-After` says; follow a run by one stream instead of asking again and again.',
    example: { situation: 'A loop asks for the state of a run without a pause.' },
  },
  SERVER_UNAVAILABLE: {
    cause: 'The server shuts down, cannot reach its store, or has as much to do as it may take on.',
    remedy: 'Try again after the time that `Retry-After` says; `/readyz` tells what is missing.',
    example: { situation: 'PostgreSQL is restarted.' },
  },
  AUDIT_BROKEN: {
    cause: 'The audit log is not as it was written: an entry was changed, added or removed.',
    remedy: 'Treat the entries from the named one on as untrue, and find out who could write to the file.',
    example: { situation: 'One byte of an audit log is changed, and `waterflow audit verify` reads it.' },
  },
  BACKUP_BROKEN: {
    cause: 'The file is no whole backup as `waterflow backup` wrote it: something in it was changed or is missing.',
    remedy: 'Take an earlier backup, and find out where this one was damaged. Nothing was changed.',
    example: { situation: 'A backup was cut off when it was copied, and `waterflow backup verify` reads it.' },
  },
  INTERNAL: {
    cause: 'A mistake of Waterflow itself.',
    remedy: 'Run again with `WATERFLOW_DEBUG=1`, and report what it prints with the workflow file.',
    example: { situation: 'None that is known.' },
  },
  USAGE: {
    cause: "A command line that the command doesn't understand.",
    remedy: 'Run the command with `--help`.',
    example: { situation: '`waterflow validate --jsn build.yml`' },
  },
  PLUGIN_MISSING: {
    cause:
      'A run was planned with certain bytes of a plugin, or began with them, and the agent has others; or what it had kept of them was changed on its disk.',
    remedy: 'Start a new run, or give the agent the plugin that the run began with.',
    example: { situation: 'A plugin is edited while a run that uses it is interrupted.' },
  },
  PLUGIN_INVALID: {
    cause: "A plugin's folder or manifest is not as it must be.",
    remedy: 'Correct what the message names in `plugin.yaml` or beside it.',
    example: { situation: 'A manifest with `runtime: isolate` and no `main`.' },
  },
  BUILD_FAILED: {
    cause: "A plugin's source can't be built: something is wrong at the place that the message names.",
    remedy: 'Correct that place, and build again.',
    example: { situation: "`import { readFile } from 'node:fs/promises'` in a plugin, which has no Node." },
  },
  TOOLCHAIN_MISSING: {
    cause: "The compiler of a plugin's language, or a part of it, is not on this machine.",
    remedy: 'Install what the message names.',
    example: { situation: '`waterflow plugin build` of a plugin in Rust where there is no `cargo`.' },
  },
  LOCAL_PLUGIN: {
    cause: 'A workflow that uses a plugin beside its file, `./folder`, was handed in where there is no such folder.',
    remedy: 'Install the plugin, and name it in `uses`.',
    example: { situation: 'A workflow with `uses: ./my-plugin` is submitted to a server.' },
  },
  POLICY_INVALID: {
    cause: "The policy can't be understood, so nothing is allowed by it.",
    remedy: 'Correct the entry of the policy that the message names.',
    example: { situation: '`rules: [{ plugins: "*" }]`, where the key is `plugin`.' },
  },
  POLICY_SHADOWED: {
    cause:
      'An entry or a rule of a policy changes nothing: another one allows or forbids all of it already. A warning.',
    remedy: 'Remove it, or what takes it in.',
    example: { situation: '`allow: { exec: [{ command: curl }] }` beside `deny: { exec: [{ command: curl }] }`.' },
  },
  POLICY_UNMATCHED: {
    cause: 'A rule of a policy is for a plugin that is not there. An error where it is to forbid something.',
    remedy: 'Correct the name, or remove the rule.',
    example: { situation: '`plugin: htttp`, for which `waterflow policy check` guesses `http`.' },
  },
  POLICY_WIDE: {
    cause:
      'A rule of a policy gives more than is likely to have been meant: to any plugin, any program, any host, or with private addresses behind a pattern.',
    remedy: 'Write out what the plugin needs.',
    example: { situation: '`{ plugin: "*", allow: requested }`, by which every plugin is approved.' },
  },
  POLICY_CONDITION: {
    cause: 'A condition of a policy comes out the same for every step. An error where the rule is to forbid something.',
    remedy: 'Compare with a value that can be there, or remove the condition.',
    example: { situation: '`when: plugin.origin == "builtin"`, where the origin is `built-in`.' },
  },
  INVALID_INPUT: {
    cause: "A value that a run, a plugin or a command is given isn't what it takes.",
    remedy: 'Give a value that the message describes. It is never retried.',
    example: { situation: '`waterflow eval 1 --context list.json`, where the file holds a list.' },
  },
  SECRET_MISSING: {
    cause:
      "A run reads a secret that it wasn't given, or a job calls a workflow without a secret that it needs. A resumed run must be given its secrets again: none is kept. On a server, a step that only tidies up fails with it where a restart has cost the run its secrets.",
    remedy: "Give it with `--secret NAME`, or write `${{ secrets.NAME || '' }}` where it may be missing.",
    example: { situation: '`${{ secrets.TOKEN }}`, and `waterflow run` without `--secret TOKEN`.' },
  },
  SECRET_NOT_FOUND: {
    cause: "A provider of the agent doesn't have what its configuration says that a secret stands for.",
    remedy:
      'Check `path`, `field` and `version` of the secret in the secrets file of the agent, or store it there. `waterflow secrets check FILE --read` on its machine tries all of them.',
    example: {
      situation: '`path: deploy/prod` of a provider `vault`, where nothing stands at secret/data/deploy/prod.',
    },
  },
  SECRET_DENIED: {
    cause:
      "A provider doesn't let the agent have a secret: its token or its login is refused, or a file is open to others.",
    remedy: 'Give the agent what it needs there: a policy of Vault, a new token, a file with the mode 0400.',
    example: { situation: 'A token of Vault whose policy has no `read` on the path of the secret.' },
  },
  SECRET_UNREACHABLE: {
    cause:
      "A provider of secrets wasn't reached, was sealed or overloaded, or took too long, as often as it was asked.",
    remedy: 'Give the step a `retry`, and see that the agent reaches the provider.',
    example: { situation: 'Vault was started again, and nobody has unsealed it.' },
  },
  SECRET_INVALID: {
    cause:
      "What a provider has for a secret can't be one: it is no text, too short or too long, or not what the provider's kind reads.",
    remedy: 'Correct what is stored there, or the settings of the provider, as the message says.',
    example: { situation: 'A field of a KV store that holds an object.' },
  },
  FILE_NOT_READABLE: {
    cause: 'A file that a command is to read is not there, or this user may not read it.',
    remedy: 'Check the path and the permissions.',
    example: { situation: '`waterflow validate no-such-file.yml`' },
  },
};
