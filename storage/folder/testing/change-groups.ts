// Adds one to a group's value as often as it is told, as fast as it can.
import { createFolderStore } from '../store.ts';

const [root = '', times = ''] = process.argv.slice(2);
using groups = createFolderStore({ root }).openGroups();
for (let time = 0; time < Number(times); time += 1) groups.change('counter', (value) => Number(value ?? 0) + 1);
