/* oxlint-disable no-floating-promises, await-thenable -- that is the attack */
export default async () => {
  const thenable = {
    then(resolve) {
      Promise.resolve().then(() => resolve(thenable));
    },
  };
  await thenable;
};
