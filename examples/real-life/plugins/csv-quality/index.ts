import { definePlugin, type Plugin } from 'waterflow/plugin';
import { faultOf, fieldsOf } from './csv.ts';

interface Inputs {
  readonly path: string;
  readonly required: readonly string[];
  readonly numeric: readonly string[];
  readonly good: string;
  readonly bad: string;
}

interface Outputs {
  readonly rows: number;
  readonly bad_rows: number;
  readonly share: number;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const [header = '', ...lines] = (await host.fs.read(inputs.path)).split('\n').filter((line) => line.trim() !== '');
  const columns = fieldsOf(header);
  const missing = [...inputs.required, ...inputs.numeric].filter((column) => !columns.includes(column));
  if (missing.length > 0) throw new Error(`${inputs.path} has no column ${missing.join(', ')}`);
  const good = [header];
  const bad = [`${header},fault`];
  for (const line of lines) {
    const fault = faultOf(fieldsOf(line), columns, inputs);
    if (fault === undefined) good.push(line);
    else bad.push(`${line},${fault}`);
  }
  await host.fs.write(inputs.good, `${good.join('\n')}\n`);
  await host.fs.write(inputs.bad, `${bad.join('\n')}\n`);
  const faults = bad.length - 1;
  const share = lines.length === 0 ? 100 : Math.round((faults / lines.length) * 1000) / 10;
  host.log(`${inputs.path}: ${lines.length} rows, ${faults} with a fault (${share} %)`);
  return { rows: lines.length, bad_rows: faults, share };
});
export default plugin;
