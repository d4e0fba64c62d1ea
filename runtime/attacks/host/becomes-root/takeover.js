import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ returned }) => {
  const answers = [
    await attempt(() => process.setgid(0)),
    await attempt(() => process.setgroups([0])),
    await attempt(() => process.setuid(0)),
  ];
  returned({ breach: process.getuid() === 0 || process.getgid() === 0 ? 'root' : null, answers });
});
