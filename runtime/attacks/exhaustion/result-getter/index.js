/* oxlint-disable getter-return -- that is the attack */
export default async () => {
  return {
    get breach() {
      for (;;);
    },
  };
};
