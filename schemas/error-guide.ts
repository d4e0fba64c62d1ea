import { checkingGuide } from './error-guide/checking.ts';
import { installingGuide } from './error-guide/installing.ts';
import { packageGuide } from './error-guide/packages.ts';
import { runningGuide } from './error-guide/running.ts';
import { warningGuide } from './error-guide/warnings.ts';
import { workflowGuide } from './error-guide/workflow.ts';
import type { ErrorCode } from './errors.ts';

/** What an error code means: for docs/errors.md, and for tools that show help beside a finding. */
export interface GuideEntry {
  /** When it happens, in a sentence. */
  readonly cause: string;
  /** What to do about it, in a sentence. */
  readonly remedy: string;
  readonly example: GuideExample;
}

/** A workflow file whose reading reports the code, or a situation in which a run or a command ends with it. */
export type GuideExample = { readonly workflow: string } | { readonly situation: string };

/** The guide to every code, in the order of the document: what the reader of a workflow file reports first. */
export const errorGuide: Readonly<Record<ErrorCode, GuideEntry>> = {
  ...workflowGuide,
  ...warningGuide,
  ...runningGuide,
  ...checkingGuide,
  ...packageGuide,
  ...installingGuide,
};

/** Codes of which the reader of a workflow file only ever warns. */
export const warningCodes: ReadonlySet<string> = new Set(Object.keys(warningGuide));
