import { render } from 'preact';
import { App } from './app.tsx';
import { begin } from './state/begin.ts';
import { applySettings } from './state/settings.ts';

applySettings();
const place = document.querySelector('#console');
if (place !== null) render(<App />, place);
await begin();
