/** The head of the page. */
export const introduction = `# Performance

<!-- Made from bench/history/ by \`npm run performance\` and \`npm run generate\`. Change bench/performance/page/, not this page. -->

Waterflow beside other engines and other sandboxes, on one machine and in one run: whatever takes part is started by the harness, does the same work in turn, and is warmed up alike. What counts is the ratio of two
figures of one run; the figures themselves are this machine's. What each part of Waterflow costs, and why, is in [what each part costs](costs.md).`;

/** How to measure it oneself. */
export const measuring = `## Measure it yourself

    bash tools/install-peers.sh              # once: Prefect, Luigi and act, at fixed versions, below your caches
    npm run performance                      # all of it, about twelve minutes; writes the record and this page
    npm run performance -- --only chain      # one scenario, for a look: writes nothing
    npm run performance -- --idle            # servers with nothing to do for ten minutes, recorded in the same history
    npm run generate                         # this page and its pictures again, from the newest records

It needs Temporal's command (\`WATERFLOW_TEMPORAL\`, or on the PATH) for Temporal, and dockerd, root and a static busybox for Docker; whoever can't be had is listed as absent, with the reason. The command ends with 1
where a peer wins by more than the bound that is written for it in \`bench/performance/bounds.ts\`, or a limit is missed. A bound above 1 has its reason beside it; where none is written, no peer may win at all.

- **The same work**: tasks are the same command for everybody, a process of the machine; steps of the chain are the cheapest step that each engine has. Peers whose work is done by a process that is there already (Prefect,
  Luigi, Temporal's worker) are measured in it. act has no such process, so each of its figures has its start in it.
- **In turn**: each round has one sample of each. All servers are up all the time, and wait while others work, but for those that are started for a sample.
- **Warm**: scenarios that say so in \`bench/performance/scenarios.ts\` have rounds before that don't count.`;
