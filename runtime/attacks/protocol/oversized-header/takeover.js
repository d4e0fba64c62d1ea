import { takeOver } from './takeover-kit.js';

takeOver(({ sendBytes }) => {
  sendBytes(new Uint8Array([0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]));
});
