/** `npm run test:crashes`: processes are killed at more points than `npm test` has the time for. */
export const isEveryCrash: boolean = process.env['WATERFLOW_CRASHES'] === 'every';
