/** What to do instead of an action; by the beginning of its name. */
const remedies: readonly (readonly [start: string, remedy: string])[] = [
  ['./', 'Write its steps into the job, or make a plugin of it: a folder beside the workflow file with plugin.yaml.'],
  ['docker://', 'Use the node `docker@v1`, with `image` and `command`.'],
  ['actions/setup-', 'Install the tool on the machine of the agent, and remove the step.'],
  ['actions/cache', 'Use the node `cache@v1`: one step restores, another one saves.'],
  ['actions/upload-artifact', 'Have a step send the files where they belong, or pass small results on as outputs.'],
  [
    'actions/download-artifact',
    'Have the job check out or build the files itself, or pass small results on as outputs.',
  ],
  ['actions/github-script', 'Call the API with the node `http@v1`.'],
];

const otherwise = 'Do it in a script (`run:`), or write a plugin for it and name its folder: `uses: ./plugin`.';

/** What to do instead of an action of GitHub that can't run here. */
export function actionRemedy(uses: string): string {
  return remedies.find(([start]) => uses.toLowerCase().startsWith(start))?.[1] ?? otherwise;
}
