// Mail by a server that the grant names.
import { call } from './call';
import { Result } from './failure';
import { Fields, textsOf } from './fields';
import { Json } from './json';

// An address, and what may be shown in its place.
export function address(address: string, name: string = ''): Json {
  return new Fields().text('address', address).text('name', name).json;
}

// A file of the workspace, by its own name and type unless these are given.
export function attachment(file: string, name: string = '', type: string = ''): Json {
  return new Fields().text('file', file).text('name', name).text('type', type).json;
}

// A mail, and the server that it goes by. Addresses are made by address(). What isn't set is left out.
export class Message {
  // Default 587.
  port: i32 = 0;
  // To whom.
  to: Json[] = [];
  // To whom as well.
  cc: Json[] = [];
  // To whom without being shown.
  bcc: Json[] = [];
  // Where answers go.
  replyTo: Json | null = null;
  // The mail as plain text.
  text: string = '';
  // The mail as HTML.
  html: string = '';
  // Files of the workspace, by attachment().
  attachments: Json[] = [];
  // How to log in, where no entry says it.
  user: string = '';
  // A secret's placeholder.
  password: string = '';
  // Of the whole call, in milliseconds; default two minutes.
  timeout: f64 = 0;

  constructor(
    public host: string,
    public from: Json,
    public subject: string,
  ) {}

  json(): Json {
    const fields = new Fields().text('host', this.host).number('port', this.port).value('from', this.from);
    fields.items('to', this.to).items('cc', this.cc).items('bcc', this.bcc).value('reply_to', this.replyTo);
    fields.value('subject', Json.of(this.subject)).text('text', this.text).text('html', this.html);
    fields.items('attachments', this.attachments).number('timeout_ms', this.timeout);
    const login = new Fields().text('user', this.user).text('password', this.password).json;
    return fields.value('login', login.names().length == 0 ? null : login).json;
  }
}

// What became of a message.
export class Sent {
  messageId: string;
  accepted: string[];
  // A list of `address` and `reason`.
  rejected: Json[];
  bytes: f64;

  constructor(answer: Json) {
    this.messageId = answer.text('message_id');
    this.accepted = textsOf(answer.get('accepted'));
    this.rejected = answer.get('rejected').items();
    this.bytes = answer.number('bytes');
  }
}

// Sends a message.
export function send(message: Message): Result<Sent> {
  const answer = call('mail', 'send', message.json());
  return new Result(new Sent(answer.value), answer.failure);
}
