import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type NativeConnection,
  type Worker,
  type WorkerDeploymentOptions,
  type WorkflowBundle,
} from '@temporalio/worker';
import { createKeeper, type KeeperParts } from './keeper.ts';
import { failureConverterPath } from './payloads/data-converter.ts';
import { inWorkflows } from './payloads/workflow-codec.ts';
import { withPlacelessMap } from './placeless-map.ts';
import { type EngineActivities, names } from './protocol.ts';
import { StrictWorker } from './strict-worker.ts';
import { deploymentName } from './versions/version.ts';

/** Of the sources, or of what is built from them. */
const packageRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/u, '');

/** What the worker beside a server is made of. */
export interface EngineWorkerOptions extends KeeperParts {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly activities: EngineActivities;
  readonly workflows: WorkflowBundle;
  readonly dataConverter?: DataConverter;
  /** The id of the workflows' version: what begins with it is carried out by it alone. Absent: it takes whatever has no version. */
  readonly version?: string;
}

/** Carries out runs, jobs and groups. */
export async function createEngineWorker(options: EngineWorkerOptions): Promise<Worker> {
  const { connection, namespace, activities, workflows, dataConverter, version } = options;
  return await StrictWorker.create({
    connection,
    namespace,
    taskQueue: names.engineQueue,
    workflowBundle: workflows,
    activities: { ...activities },
    sinks: createKeeper(options),
    dataConverter: inWorkflows(dataConverter ?? {}, namespace),
    ...(version === undefined ? {} : { workerDeploymentOptions: pinnedTo(version) }),
  });
}

function pinnedTo(buildId: string): WorkerDeploymentOptions {
  return {
    version: { deploymentName, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  };
}

/** The workflows, as one script, with modules that intercept what they do. It takes a second or two. */
export async function bundleWorkflows(workflowInterceptorModules: string[] = []): Promise<WorkflowBundle> {
  const [workflowsPath, foreignPath, sharedPath] = ['index', 'foreign', 'shared'].map((name) =>
    fileURLToPath(new URL(`./workflows/${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)),
  ) as [string, string, string]; // As many as were named.
  // What the bundler has to tell of its work is nobody's concern.
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    failureConverterPath,
    workflowInterceptorModules: [foreignPath, ...workflowInterceptorModules],
    preloadModules: [sharedPath],
    logger,
    webpackConfigHook: (config) => ({
      ...config,
      context: packageRoot,
      output: { ...config.output, pathinfo: false, devtoolModuleFilenameTemplate: pathWithinPackage },
      optimization: { ...config.optimization, moduleIds: 'deterministic' },
    }),
  });
  return { code: withPlacelessMap(code, packageRoot) };
}

/** The same sources give the same script wherever they are, and it tells nobody where that was. */
function pathWithinPackage({ absoluteResourcePath: path }: { readonly absoluteResourcePath: string }): string {
  const [inDependencies] = /node_modules\/(?!.*\/node_modules\/).*/u.exec(path) ?? [];
  return `waterflow:///${inDependencies ?? path.replace(`${packageRoot}/`, '')}`;
}
