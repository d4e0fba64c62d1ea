import { takeOver } from './takeover-kit.js';

takeOver(({ sendBytes }) => {
  sendBytes(new Uint8Array([0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0x7b, 0x7d]));
});
