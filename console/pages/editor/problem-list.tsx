import type { VNode } from 'preact';
import type { Diagnostic } from '../../../schemas/index.ts';
import { words } from '../../text/index.ts';
import type { Editor } from './editor.ts';

/** More than that nobody reads at a time. */
const mostShown = 100;

/** What is wrong with the text, each with the way there and its fix. */
export function ProblemList({
  editor,
  openBeside,
}: {
  readonly editor: Editor;
  /** Opens a file beside the workflow. */
  readonly openBeside: (path: string) => void;
}): VNode {
  const text = words.value.editor;
  const diagnostics = editor.read.value?.diagnostics ?? [];
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const found = editor.read.value === undefined ? '' : text.found(errors, diagnostics.length - errors);
  return (
    <section class="problems" aria-label={text.problems}>
      <div class="title">
        <h2>{text.problems}</h2>
        <p role="status" class={errors > 0 ? 'error' : 'muted'}>
          {found}
        </p>
      </div>
      {editor.failure.value !== undefined && <p class="error breakable">{editor.failure.value}</p>}
      {diagnostics.length > 0 && (
        <ol>
          {diagnostics.slice(0, mostShown).map((diagnostic, index) => (
            <li key={index}>
              <One editor={editor} diagnostic={diagnostic} openBeside={openBeside} />
            </li>
          ))}
        </ol>
      )}
      {diagnostics.length > mostShown && <p class="muted">{text.moreProblems(diagnostics.length - mostShown)}</p>}
    </section>
  );
}

function One({
  editor,
  diagnostic,
  openBeside,
}: {
  readonly editor: Editor;
  readonly diagnostic: Diagnostic;
  readonly openBeside: (path: string) => void;
}): VNode {
  const text = words.value.editor;
  const { code, message, remedy, severity, file, line = 1, column = 1, fix } = diagnostic;
  const beside = file === undefined || file === editor.read.value?.file ? undefined : file;
  const goThere = (): void => {
    if (beside === undefined) editor.goTo(editor.offset({ line, column }));
    else openBeside(pathOf(beside, editor));
  };
  return (
    <>
      <button type="button" class="place" onClick={goThere}>
        <span class={severity === 'error' ? 'error' : 'doubt'}>
          {severity === 'error' ? text.error : text.warning} {beside === undefined ? '' : `${beside}:`}
          {line}:{column}
        </span>{' '}
        <span class="breakable" lang="en">
          {message}
        </span>
      </button>
      <p class="breakable" lang="en">
        {remedy} <code class="muted">{code}</code>
      </p>
      {fix !== undefined && beside === undefined && (
        <button type="button" onClick={() => editor.fix(fix)}>
          {text.fix(fix.description)}
        </button>
      )}
    </>
  );
}

/** Diagnostics name a file as the workflow's own is named; the paths of those beside it count from its folder. */
function pathOf(file: string, { read }: Editor): string {
  const folder = (read.value?.file ?? '').split('/').slice(0, -1).join('/');
  return folder !== '' && file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
}
