/* oxlint-disable getter-return -- that is the attack */
export default async () => {
  throw {
    get message() {
      for (;;);
    },
  };
};
