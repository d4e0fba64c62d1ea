export { createSlots, type Slots } from './slots.ts';
export { createWorkspaces, type Workspace, type Workspaces } from './workspaces.ts';
