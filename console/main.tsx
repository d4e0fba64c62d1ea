import { render } from 'preact';
import { App } from './app.tsx';
import { forgetDraft } from './pages/editor/draft.ts';
import { showAllTexts } from './parts/visible.ts';
import { begin } from './state/begin.ts';
import { onSignOut } from './state/session.ts';
import { applySettings } from './state/settings.ts';

applySettings();
onSignOut(() => forgetDraft(sessionStorage));
showAllTexts();
const place = document.querySelector('#console');
if (place !== null) render(<App />, place);
await begin();
