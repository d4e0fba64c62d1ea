import type { VNode } from 'preact';
import { useSignal } from '@preact/signals';
import { apiPath, ask } from '../../api/client.ts';
import type { KeyOf } from '../../api/once.ts';
import type { Schedule } from '../../api/types.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Listing } from '../../parts/listing.tsx';
import { Time } from '../../parts/time.tsx';
import { useLive } from '../../state/live.ts';
import { route } from '../../state/route.ts';
import { linkTo } from '../../state/route-text.ts';
import { may } from '../../state/session.ts';
import { words } from '../../text/index.ts';
import { everyMs } from './every.ts';

interface SchedulePage {
  readonly schedules: readonly Schedule[];
  readonly next_cursor?: string;
}

/** What starts runs by the clock, and when next. */
export function SchedulesPage(): VNode {
  const text = words.value;
  const cursor = route.value.query.get('cursor') ?? undefined;
  const live = useLive(`schedules ${cursor}`, everyMs, (signal) =>
    ask<SchedulePage>('v1/schedules', { query: { cursor }, signal }),
  );
  return (
    <Listing
      title={text.menu.schedules}
      empty={text.stock.noSchedules}
      live={live}
      items={({ schedules }) =>
        schedules.map((schedule) => ({
          key: schedule.id,
          content: <Row schedule={schedule} changed={live.refresh} />,
        }))
      }
      after={({ next_cursor }) =>
        next_cursor !== undefined && <a href={linkTo(['schedules'], { cursor: next_cursor })}>{text.stock.further}</a>
      }
    />
  );
}

type Action = 'pause' | 'resume' | 'trigger';

function Row({ schedule, changed }: { readonly schedule: Schedule; readonly changed: () => void }): VNode {
  const text = words.value.stock;
  const { id, name, cron, timezone, overlap, paused, next_run_at, created_by, tenant_id } = schedule;
  const asked = useSignal<Action | undefined>(undefined);
  const action = asked.value;
  return (
    <>
      <p class="name breakable">
        {name} {paused && <span class="status status-paused">{words.value.status['paused']}</span>}
      </p>
      <p class="breakable">
        <code>{cron}</code> {timezone} · {text.overlaps[overlap] ?? overlap}
        {next_run_at !== undefined && (
          <>
            {' '}
            · {text.next} <Time at={next_run_at} />
          </>
        )}
      </p>
      <p class="muted breakable">
        <code>{id}</code> · {tenant_id} · {created_by} · <a href={linkTo(['runs'], { origin: id })}>{text.itsRuns}</a>
      </p>
      {may('schedules:write') && (
        <div class="decisions">
          <button type="button" onClick={() => (asked.value = paused ? 'resume' : 'pause')}>
            {paused ? text.actions.resume : text.actions.pause}
          </button>
          <button type="button" onClick={() => (asked.value = 'trigger')}>
            {text.actions.trigger}
          </button>
        </div>
      )}
      {action !== undefined && (
        <ActionDialog
          title={`${text.actions[action]}: ${name}`}
          explain={text.explains[action]}
          act={(_, keyOf) => carryOut(id, action, keyOf)}
          close={() => {
            asked.value = undefined;
            changed();
          }}
        />
      )}
    </>
  );
}

function carryOut(id: string, action: Action, keyOf: KeyOf): Promise<unknown> {
  const path = apiPath`v1/schedules/${id}`;
  if (action === 'trigger') return ask(`${path}/trigger`, { method: 'POST', once: keyOf(action) });
  return ask(path, { method: 'PATCH', body: { paused: action === 'pause' } });
}
