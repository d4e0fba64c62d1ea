"""A run of one script, as a user's own file for Luigi has it."""

import subprocess
import sys

import luigi


class Once(luigi.Task):
    target = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(self.target)

    def run(self):
        subprocess.run(["sh", "-c", "echo one"], check=True, stdout=subprocess.DEVNULL)
        with self.output().open("w") as file:
            file.write("done")


if __name__ == "__main__":
    done = luigi.build([Once(target=sys.argv[1])], local_scheduler=True, log_level="WARNING")
    sys.exit(0 if done else 1)
