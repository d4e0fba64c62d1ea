import { HighlightStyle } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** In the colours of the page, which custom properties carry into the shadow tree; so it changes with the theme by itself. */
export const codeTheme: Extension = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--ground)', fontSize: '14px' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--muted)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--raised) 60%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--raised)', color: 'var(--text)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 25%, var(--ground))',
  },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--accent) 15%, transparent)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'transparent',
    outline: '1px solid var(--control-line)',
  },
  '.cm-foldPlaceholder': { background: 'var(--raised)', border: '1px solid var(--line)', color: 'var(--muted)' },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--text)', borderColor: 'var(--line)' },
  '.cm-panel.cm-search': {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: '6px 8px',
    padding: '8px 36px 8px 8px',
    fontFamily: 'system-ui, sans-serif',
    '& input, & button, & label': { margin: '0', fontSize: '14px' },
    '& label': { display: 'inline-flex', alignItems: 'center', gap: '4px', minHeight: '28px' },
    '& br': { display: 'none' },
    '& .cm-textfield': { minHeight: '28px', minWidth: '14rem', padding: '2px 8px', borderRadius: 'var(--round)' },
    '& .cm-button': { minHeight: '28px', padding: '2px 10px', borderRadius: 'var(--round)' },
    '& button[name=close]': {
      top: '8px',
      right: '8px',
      minWidth: '28px',
      minHeight: '28px',
      fontSize: '18px',
      color: 'var(--text)',
    },
  },
  '.cm-textfield': { backgroundColor: 'var(--ground)', border: '1px solid var(--control-line)', color: 'var(--text)' },
  '.cm-button': {
    backgroundColor: 'var(--ground)',
    backgroundImage: 'none',
    border: '1px solid var(--control-line)',
    color: 'var(--text)',
  },
  '.cm-searchMatch': { backgroundColor: 'color-mix(in srgb, var(--wait) 30%, transparent)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--control-line)',
    borderRadius: 'var(--round)',
    maxWidth: 'min(36rem, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', lineHeight: '1.5' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--on-accent)',
  },
  '.cm-tooltip-autocomplete li[aria-selected] .cm-completionDetail': { color: 'var(--on-accent)' },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal' },
  '.cm-tooltip.cm-completionInfo, .cm-told': {
    padding: '6px 10px',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    font: '14px/1.4 system-ui, sans-serif',
  },
  '.cm-told p': { margin: '0 0 4px' },
  '.cm-told p:last-child': { margin: '0' },
  '.cm-told code': { fontFamily: 'var(--mono)' },
  '.cm-mistake': { textDecoration: 'underline wavy var(--bad) 1px', textUnderlineOffset: '3px' },
  '.cm-doubt': { textDecoration: 'underline wavy var(--wait) 1px', textUnderlineOffset: '3px' },
  '.cm-gutter-diagnostics': { width: '1.2em', textAlign: 'center' },
  '.cm-gutter-mistake': { color: 'var(--bad)' },
  '.cm-gutter-doubt': { color: 'var(--wait)' },
  '.cm-expression': { color: 'var(--held)' },
  '.cm-expression span': { color: 'inherit' },
});

export const codeHighlighting: HighlightStyle = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: 'var(--accent)' },
  { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
  { tag: tags.string, color: 'var(--good)' },
  { tag: tags.special(tags.string), color: 'var(--wait)' },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: 'var(--wait)' },
]);
