import { condition, defineSignal, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { assertNever, type RunId } from '../../../schemas/index.ts';
import {
  emptyGroup,
  type GroupCommand,
  type GroupEvent,
  type GroupState,
  groupTransition,
  isEmptyGroup,
} from '../../machine/index.ts';
import { type GroupRequest, names, type RunEvent, type Untimed } from '../protocol.ts';
import { goOnIn, Succession, understand } from './succession.ts';

const tellSignal = defineSignal<[GroupRequest]>(names.eventSignal);

/** What the workflow of a concurrency group begins with. */
export interface GroupInput {
  readonly version: 1;
  readonly group: string;
  readonly state?: GroupState;
}

/** Orders the members of one concurrency group of a tenant, over all runs. It ends when nobody is in it. */
export async function waterflowGroup(input: GroupInput): Promise<void> {
  understand(input);
  const { group, state: carried } = input;
  const succession = new Succession();
  let state = carried ?? emptyGroup;
  const requests: GroupRequest[] = [];
  let telling = 0;
  setHandler(tellSignal, (request) => {
    requests.push(request);
  });
  await condition(() => requests.length > 0, '10 seconds');
  for (;;) {
    for (let request = requests.shift(); request !== undefined; request = requests.shift()) {
      const turn = groupTransition(state, eventOf(request));
      state = turn.state;
      for (const command of turn.commands) {
        telling += 1;
        // A member whose run is closed can't take it, and its place is given up.
        void tell(group, command)
          .catch(() => requests.push({ ...request, ...placeOf(command.member), asks: 'leaves' }))
          .finally(() => {
            telling -= 1;
          });
      }
    }
    const isQuiet = (): boolean => telling === 0 && requests.length === 0;
    await condition(() => requests.length > 0 || (isQuiet() && (isEmptyGroup(state) || succession.isDue)));
    if (!isQuiet()) continue;
    if (isEmptyGroup(state)) return;
    await goOnIn<typeof waterflowGroup>({ version: 1, group, state });
  }
}

function eventOf({ run, member, asks }: GroupRequest): GroupEvent {
  const place = JSON.stringify([run, member]);
  return asks === 'leaves' ? { type: 'left', member: place } : { type: 'requested', member: place, ...asks };
}

function placeOf(place: string): { readonly run: RunId; readonly member: string } {
  // eventOf() made it.
  const [run, member] = JSON.parse(place) as [RunId, string];
  return { run, member };
}

async function tell(group: string, command: GroupCommand): Promise<void> {
  const { run, member } = placeOf(command.member);
  await getExternalWorkflowHandle(run).signal(names.eventSignal, runEvent(group, member, command));
}

function runEvent(group: string, member: string, command: GroupCommand): Untimed<RunEvent> {
  switch (command.type) {
    case 'grant':
      return { type: 'group_acquired', group, member };
    case 'supersede':
      return { type: 'group_superseded', group, member, by: placeOf(command.by).run };
    default:
      return assertNever(command);
  }
}
