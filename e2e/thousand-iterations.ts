import { env, lost } from './crash-scenarios.ts';
import type { Scenario } from './killed-run.ts';

/** A thousand iterations, four at once. Most of them are cheap; every tenth runs something. */
export const thousand: Scenario = {
  name: 'a for-each of a thousand',
  vars: { ITEMS: JSON.stringify(Array.from({ length: 1000 }, (_, index) => index)) },
  files: {
    'w.yml': `
name: thousand
on: manual
${env}
jobs:
  loop:
    steps:
      - id: all
        uses: for-each@v1
        with:
          items: \${{ fromJSON(vars.ITEMS) }}
          concurrency: 4
          steps:
            - { id: nap, uses: sleep@v1, with: { duration: 1ms } }
            - id: one
              if: endsWith(each.value, '7')
              ${lost}
              env: { N: "\${{ each.value }}" }
              run: |
                echo "loop/all[$N].one" >> "$LEDGER"
                echo "ran=$N" >> "$WATERFLOW_OUTPUT"
          outputs: { seen: "\${{ each.value }}", ran: "\${{ steps.one.outputs.ran }}" }
`,
  },
};
