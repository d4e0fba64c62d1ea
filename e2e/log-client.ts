/** An event of a stream, as the HTML Living Standard has clients read it (9.2.6). */
export interface StreamEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** The events of an answer, as they come; comments are given as events named `:`. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent, void, undefined> {
  let [event, id, data] = ['message', '', [] as string[]];
  for await (const line of linesOf(response)) {
    const [, field = line, value = ''] = /^([^:]*): ?(.*)$/su.exec(line) ?? [];
    if (line === '') {
      if (data.length > 0) yield { event, id, data: data.join('\n') };
      [event, data] = ['message', []];
    } else if (field === '') yield { event: ':', id, data: value };
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  }
}

/** The lines of an answer, as they come. */
export async function* linesOf(response: Response): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
