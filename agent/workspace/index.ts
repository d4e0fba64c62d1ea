export { createSlots, type Slots } from './slots.ts';
export { createWorkspaces, type Scratch, type Workspace, type Workspaces } from './workspaces.ts';
