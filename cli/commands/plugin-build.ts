import { resolve } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { buildPlugin } from '../plugin-build/build-plugin.ts';
import type { BuildTarget } from '../plugin-build/builder.ts';
import { differingFiles, writeBuild } from '../plugin-build/write-build.ts';
import { refreshTypes } from '../plugin-types/write-types.ts';
import { formatDuration, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin build`'s options. */
export interface PluginBuildOptions {
  readonly target?: BuildTarget;
  readonly check?: boolean;
  readonly json?: boolean;
}

/** Builds a plugin and writes what came of it into its folder, or only compares. Nothing of the plugin gets any power meanwhile. */
export async function pluginBuild(terminal: Terminal, folder: string, options: PluginBuildOptions): Promise<number> {
  const startedAt = terminal.now();
  // resolve() gives an absolute path.
  const place = resolve(terminal.cwd, folder) as AbsolutePath;
  const { project, language, build, files } = await buildPlugin(place, {
    env: terminal.env,
    ...(options.target === undefined ? {} : { target: options.target }),
  });
  const different = differingFiles(place, files);
  if (options.check !== true) {
    writeBuild(place, files);
    refreshTypes(terminal, place);
  }
  const isCurrent = options.check !== true || different.length === 0;
  const { name, version, runtime } = project.manifest;
  const report = {
    name,
    version,
    target: project.target,
    language,
    output: build.output,
    bytes: build.bytes.byteLength,
    sources: build.sources,
    warnings: build.warnings,
    duration_ms: terminal.now() - startedAt,
    ...(options.check === true ? { current: isCurrent, different } : {}),
  };
  const exitCode = isCurrent ? exitCodes.ok : exitCodes.failed;
  if (options.json === true) {
    terminal.stdout.write(`${plainJson(report)}\n`);
    return exitCode;
  }
  for (const warning of build.warnings) terminal.stderr.write(`${plainLine(`warning: ${warning}`)}\n`);
  if (!isCurrent) {
    const what = `${different.join(', ')}: not what the sources give; run \`waterflow plugin build\``;
    terminal.stderr.write(`${plainLine(what)}\n`);
    return exitCode;
  }
  const verb = options.check === true ? 'is current' : `built in ${formatDuration(report.duration_ms)}`;
  terminal.stdout.write(`${plainLine(`${build.output} ${verb}, ${build.bytes.byteLength} bytes`)}\n`);
  if (project.target !== runtime) {
    const hint = `note: plugin.yaml says \`runtime: ${runtime}\`, so this isn't what runs; say \`runtime: ${project.target}\` there.`;
    terminal.stderr.write(`${plainLine(hint)}\n`);
  }
  return exitCode;
}
