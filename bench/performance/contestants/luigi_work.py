"""Luigi's part: a request a line as JSON, its time in milliseconds or its failure back. A task is done when its file is there, as Luigi wants it."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import luigi

folder = Path(tempfile.mkdtemp(dir=sys.argv[1]))


class Work(luigi.Task):
    """One task; `command` is a script, or nothing. In a chain it needs the one before."""

    run_name = luigi.Parameter()
    number = luigi.IntParameter()
    command = luigi.Parameter(default="")
    in_a_row = luigi.BoolParameter(default=True)

    def requires(self):
        return [self.clone(number=self.number - 1)] if self.in_a_row and self.number > 1 else []

    def output(self):
        return luigi.LocalTarget(str(folder / f"{self.run_name}-{self.number}"))

    def run(self):
        if self.command:
            subprocess.run(["sh", "-c", self.command], check=True, stdout=subprocess.DEVNULL)
        with self.output().open("w") as file:
            file.write("done")


class AtOnce(luigi.WrapperTask):
    run_name = luigi.Parameter()
    count = luigi.IntParameter()
    command = luigi.Parameter()

    def requires(self):
        return [
            Work(run_name=self.run_name, number=number, command=self.command, in_a_row=False)
            for number in range(1, self.count + 1)
        ]


def carry_out(request, run_name):
    count, command = request["count"], request.get("command", "")
    if request["at_once"]:
        task, workers = AtOnce(run_name=run_name, count=count, command=command), request["processors"]
    else:
        task, workers = Work(run_name=run_name, number=count, command=command), 1
    if not luigi.build([task], workers=workers, local_scheduler=True, log_level="CRITICAL"):
        raise RuntimeError("Luigi's run has failed")


def main():
    sys.setrecursionlimit(10_000)
    print("ready", flush=True)
    for index, line in enumerate(sys.stdin):
        request = json.loads(line)
        start = time.perf_counter()
        try:
            carry_out(request, f"run-{index}")
            answer = {"ms": (time.perf_counter() - start) * 1000}
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
