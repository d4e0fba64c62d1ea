import { takeOver } from './takeover-kit.js';

takeOver(({ sendBytes }) => {
  sendBytes(new Uint8Array(4096).fill(0x58));
});
