import { countText } from '../report/text.ts';
import type { JobOutline, PlanOutline } from './api.ts';
import { short } from './words.ts';

/** The jobs as a Mermaid flowchart: matrices and fleets marked, approvals as gates, called workflows as subgraphs. */
export function mermaidLines({ jobs }: Pick<PlanOutline, 'jobs'>): readonly string[] {
  const drawing = new Drawing();
  drawing.add(jobs, '  ');
  return ['flowchart LR', ...drawing.nodes, ...drawing.edges];
}

/** Where edges to a job end, and where those from it begin. */
interface Ends {
  readonly entry: string;
  readonly exit: string;
}

class Drawing {
  readonly nodes: string[] = [];
  readonly edges: string[] = [];
  #count = 0;

  add(jobs: readonly JobOutline[], indent: string): void {
    const ends = new Map(jobs.map((job) => [job.id, this.#job(job, indent)]));
    for (const job of jobs) {
      for (const need of job.needs) {
        const [from, to] = [ends.get(need), ends.get(job.id)];
        if (from !== undefined && to !== undefined) this.edges.push(`  ${from.exit} --> ${to.entry}`);
      }
    }
  }

  #job(job: JobOutline, indent: string): Ends {
    // Mermaid reads `end` and some punctuation as syntax in ids, so nodes are numbered and names stand in quoted labels.
    const id = `job${this.#count}`;
    this.#count += 1;
    const label = [job.id, ...marksOf(job)].join('<br>');
    if (job.jobs === undefined) this.nodes.push(`${indent}${id}["${escaped(label)}"]`);
    else {
      this.nodes.push(`${indent}subgraph ${id}["${escaped(`${label}<br>calls ${job.calls?.file ?? ''}`)}"]`);
      this.add(job.jobs, `${indent}  `);
      this.nodes.push(`${indent}end`);
    }
    const approval = job.environment?.approval;
    if (approval === undefined) return { entry: id, exit: id };
    const gate = `${id}gate`;
    this.nodes.push(`${indent}${gate}{"${escaped(`approval<br>${short(job.environment?.name ?? { value: '' })}`)}"}`);
    this.edges.push(`  ${gate} --> ${id}`);
    return { entry: gate, exit: id };
  }
}

function marksOf({ matrix, fleet, steps }: JobOutline): readonly string[] {
  const marks: string[] = [];
  if (matrix !== undefined) marks.push('cells' in matrix ? countText(matrix.cells.length, 'cell') : 'matrix ?');
  if (fleet !== undefined) marks.push(`hosts: ${short(fleet.hosts)}`);
  if (steps.some(({ uses, kind }) => kind === 'control' && uses.startsWith('approval@')))
    marks.push('asks for approval');
  return marks;
}

/** Labels are HTML, in which `<br>` breaks the line; the names in them are the file's. */
function escaped(label: string): string {
  return label
    .split('<br>')
    .map((line) =>
      line.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;'),
    )
    .join('<br>');
}
