import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { route } from '../state/route.ts';
import { linkTo } from '../state/route-text.ts';
import { session, signOut } from '../state/session.ts';
import { language, languages, theme, themes } from '../state/settings.ts';
import { languageNames, words } from '../text/index.ts';
import { catchFocus } from './focus.ts';

/** What surrounds every page: the menu, who one is, theme and language. */
export function Shell({ children }: { readonly children: ComponentChildren }): VNode {
  const text = words.value;
  const place = route.value.path.join('/');
  const shown = useRef(place);
  useEffect(() => {
    // Another page: who hears it is taken to its beginning, as by a link to another document.
    if (shown.current !== place) document.querySelector<HTMLElement>('#content')?.focus();
    shown.current = place;
  }, [place]);
  const content = useRef<HTMLElement>(null);
  useEffect(() => (content.current === null ? undefined : catchFocus(content.current)), []);
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        {text.skip}
      </a>
      <header class="bar">
        <a class="brand" href={linkTo(['runs'])}>
          {text.product}
        </a>
        {session.value.state === 'in' && <Menu />}
        {/* Closed again for whoever is next. */}
        <Settings key={session.value.state} />
      </header>
      <main id="content" tabIndex={-1} ref={content}>
        {children}
      </main>
    </>
  );
}

/** The address after `#` is a place in the console, so the focus is set by hand. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#content')?.focus();
}

function Menu(): VNode {
  const text = words.value.menu;
  const [first = 'runs'] = route.value.path;
  const entries = (['runs', 'editor', 'schedules', 'agents', 'queues', 'nodes', 'plugins'] as const).map(
    (name) => [name, text[name]] as const,
  );
  return (
    <nav aria-label={text.label}>
      <ul>
        {entries.map(([name, label]) => (
          <li>
            <a href={linkTo([name])} aria-current={first === name ? 'page' : undefined}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Settings(): VNode {
  const text = words.value;
  return (
    <details class="settings">
      <summary>{text.menu.settings}</summary>
      <div class="panel">
        <Who />
        <label>
          {text.menu.theme}
          <select
            value={theme.value}
            onChange={({ currentTarget }) => {
              theme.value = themes.find((one) => one === currentTarget.value) ?? 'system';
            }}
          >
            {themes.map((one) => (
              <option value={one}>{text.themes[one]}</option>
            ))}
          </select>
        </label>
        <label>
          {text.menu.language}
          <select
            value={language.value}
            onChange={({ currentTarget }) => {
              language.value = languages.find((one) => one === currentTarget.value) ?? 'en';
            }}
          >
            {languages.map((one) => (
              <option value={one} lang={one === 'zh' ? 'zh-Hans' : one}>
                {languageNames[one]}
              </option>
            ))}
          </select>
        </label>
      </div>
    </details>
  );
}

function Who(): VNode | null {
  const text = words.value.menu;
  const { value } = session;
  if (value.state !== 'in') return null;
  const { name, role, tenant_id, by } = value.caller;
  if (by === 'loopback') return <p>{text.local}</p>;
  return (
    <>
      <p class="breakable">{text.signedInAs(name, role, tenant_id)}</p>
      <button type="button" onClick={signOut}>
        {text.signOut}
      </button>
    </>
  );
}
