import { lookup } from 'node:dns/promises';
import type { Capability, Operation } from './capability.ts';
import { withoutPrivate } from './entry-parts.ts';
import { checkMail, demandsOf, deniesMail, type MailArgs, type MailDemand, mailArgsSchema } from './mail/call.ts';
import {
  explainMail,
  type MailEffective,
  type MailRule,
  mailEntrySchema,
  narrowMail,
  parseMailEntry,
  quoteMail,
} from './mail/rule.ts';
import { type MailPowers, sendMail } from './mail/send.ts';
import { operatorAuthorities } from './net/authorities.ts';

/** Makes the capability with the powers that it reaches the network with. */
export function createMailCapability(powers: MailPowers): Capability<MailRule, MailEffective> {
  const send: Operation<MailRule, MailEffective, MailArgs, MailDemand> = {
    argsSchema: mailArgsSchema,
    demands: (args) => demandsOf(args),
    check: checkMail,
    denies: deniesMail,
    perform: (authorized, scope) => sendMail(authorized, scope, powers),
  };
  return {
    name: 'mail',
    description: 'send mail',
    ambient: false,
    entrySchema: mailEntrySchema,
    parse: parseMailEntry,
    quote: quoteMail,
    requested: withoutPrivate,
    narrow: narrowMail,
    explain: explainMail,
    operations: { send },
  };
}

const authorities = operatorAuthorities(process.env);

/** mail with this machine's own resolver. */
export const mailCapability: Capability<MailRule, MailEffective> = createMailCapability({
  lookup: (hostname) => lookup(hostname, { all: true }),
  get authorities() {
    return authorities();
  },
});
