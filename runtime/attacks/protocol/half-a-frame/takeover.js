import { takeOver } from './takeover-kit.js';

takeOver(({ sendBytes, encodeFrame, invocation, receive }) => {
  sendBytes(encodeFrame({ t: 'done', invocation, kind: 'returned' }, '{}').subarray(0, 9));
  receive();
});
