export default async () => {
  const again = () => {
    try {
      again();
    } finally {
      again();
    }
  };
  again();
};
