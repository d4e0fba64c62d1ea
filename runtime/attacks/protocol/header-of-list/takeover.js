import { takeOver } from './takeover-kit.js';

takeOver(({ sendBytes }) => {
  sendBytes(Uint8Array.of(6, 0, 0, 0, 2, 0, 0, 0, 0x5b, 0x5d));
});
