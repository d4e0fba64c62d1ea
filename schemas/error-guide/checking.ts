import type { GuideEntry } from '../error-guide.ts';

/** What `waterflow plugin check` finds in a plugin. */
export type CheckingCode =
  | 'PLUGIN_PERMISSION_UNUSED'
  | 'PLUGIN_PERMISSION_MISSING'
  | 'PLUGIN_PERMISSION_WIDE'
  | 'PLUGIN_INPUT_UNDECLARED'
  | 'PLUGIN_NOT_AWAITED'
  | 'PLUGIN_OUTPUT_UNDECLARED'
  | 'PLUGIN_GLOBAL_MISSING'
  | 'PLUGIN_IMPORT_MISSING'
  | 'PLUGIN_UNDOCUMENTED'
  | 'PLUGIN_NOT_BUILT'
  | 'PLUGIN_BUILD_UNRECORDED'
  | 'PLUGIN_BUILD_UNUSED'
  | 'PLUGIN_TYPES_STALE'
  | 'PLUGIN_CASE_FAILED';

/** What it finds in a plugin that can be read. */
export const checkingGuide: Readonly<Record<CheckingCode, GuideEntry>> = {
  PLUGIN_PERMISSION_UNUSED: {
    cause:
      'A plugin requests what its code never asks for, or what no call of its cases needed. A warning of `waterflow plugin check`.',
    remedy: 'Remove the entry, or add a case in which a call needs it.',
    example: { situation: 'A manifest requests `net`, and nothing in the source reads `host.net`.' },
  },
  PLUGIN_PERMISSION_MISSING: {
    cause: "A plugin's code uses a part of the host that its manifest doesn't request, so that it isn't there.",
    remedy: 'Request it under `permissions`, with a reason, or remove the call.',
    example: { situation: '`host.fs.read(…)` in a plugin whose manifest has no `permissions.fs`.' },
  },
  PLUGIN_PERMISSION_WIDE: {
    cause:
      'A plugin requests more than anybody is likely to grant: any program, any host, all files. Mostly a warning.',
    remedy: 'Write out what it needs; name inputs where users decide it: `${{ inputs.path }}`.',
    example: { situation: '`write: "**"` in a plugin that writes one file.' },
  },
  PLUGIN_INPUT_UNDECLARED: {
    cause: "A plugin reads an input that its manifest doesn't declare, so no step can give it.",
    remedy: 'Declare it under `inputs`, or correct the name.',
    example: { situation: '`inputs.ulr` in a plugin whose manifest has `inputs.url`.' },
  },
  PLUGIN_NOT_AWAITED: {
    cause:
      'A plugin makes a host call and goes on without its answer: the step may end before the call is done. Where it is denied, the step fails.',
    remedy: 'Write `await` before the call, or `void` where its end is of no concern.',
    example: { situation: '`host.fs.write(path, text);` as a statement of its own.' },
  },
  PLUGIN_OUTPUT_UNDECLARED: {
    cause: "A plugin returns an output that its manifest doesn't declare, which fails every step that uses it.",
    remedy: 'Declare it under `outputs`, or leave it out of what the plugin returns.',
    example: { situation: '`return { greeting }` in a plugin whose manifest has no `outputs.greeting`.' },
  },
  PLUGIN_GLOBAL_MISSING: {
    cause:
      "A plugin's code names something that doesn't exist in its sandbox, by itself or as a property of `globalThis`.",
    remedy: 'Use the part of `host` that stands for it; docs/plugin-authoring.md lists them.',
    example: { situation: '`await fetch(url)`; in a plugin that is `await host.net.request({ url })`.' },
  },
  PLUGIN_IMPORT_MISSING: {
    cause:
      "A plugin's code imports what isn't in its folder: a module of Node, a package that isn't bundled, a file that isn't there.",
    remedy: 'Bundle packages with `waterflow plugin build`; what Node has comes through `host`.',
    example: { situation: "`import { readFile } from 'node:fs'`" },
  },
  PLUGIN_UNDOCUMENTED: {
    cause:
      "A plugin says too little for somebody to decide over it: no README, an input without a description, an empty reason, or a README that is still the template's. A warning; `plugin pack` refuses a reason that is yet to be written.",
    remedy: 'Write what users need to know before they approve it.',
    example: { situation: 'A permission with `reason: x`.' },
  },
  PLUGIN_NOT_BUILT: {
    cause:
      "A plugin's code is made of its sources, and wasn't, or they have changed since. A warning of `plugin check`, which looks at all else.",
    remedy: "Run `waterflow plugin build` with the plugin's folder.",
    example: { situation: '`waterflow plugin check` of a new plugin in Rust, before its first build.' },
  },
  PLUGIN_BUILD_UNRECORDED: {
    cause:
      'A module lies beside sources that `plugin build` could make it of, without the record that says whether it was: nobody would notice that it is older. A warning.',
    remedy: 'Build it with `waterflow plugin build`, and keep `dist/build.json` with it.',
    example: { situation: 'A module that was built by cargo alone and copied to `plugin.wasm`.' },
  },
  PLUGIN_BUILD_UNUSED: {
    cause:
      "`dist/` holds a build for another runtime, or of another `main`, than the manifest has: it isn't what runs, and `plugin pack` leaves it out. A warning.",
    remedy: 'Remove what the message names, or say in `plugin.yaml` what it was built for.',
    example: { situation: '`waterflow plugin build --target wasm` of a plugin with `runtime: isolate`.' },
  },
  PLUGIN_TYPES_STALE: {
    cause:
      "A plugin's `.waterflow/types` aren't what its manifest says, or come from another version of Waterflow, so its compiler finds wrong what is right, or the other way round.",
    remedy: "Run `waterflow plugin types` with the plugin's folder.",
    example: { situation: '`waterflow plugin check` after an input was added to plugin.yaml.' },
  },
  PLUGIN_CASE_FAILED: {
    cause: "A recorded case of a plugin doesn't come out as it says.",
    remedy: 'Run `waterflow plugin test`, which shows what came with all calls, and correct the plugin or the case.',
    example: { situation: '`expect: { outputs: { text: hello } }`, where the plugin returns `Hello`.' },
  },
};
