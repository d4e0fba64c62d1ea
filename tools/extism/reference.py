"""Calls functions of modules in Extism's own runtime: reads calls as lines of JSON, writes what came of each as a line of JSON."""

import base64
import json
import sys

import extism


def answer(call):
    manifest = {"wasm": [{"path": call["module"]}], "config": call["config"], "memory": {"max_pages": 1024}, "timeout_ms": 20000}
    try:
        with extism.Plugin(manifest, wasi=True) as plugin:
            output = plugin.call(call["entry"], base64.b64decode(call["input"]))
    except extism.Error as error:
        return {"fails": str(error)}
    return {"output": base64.b64encode(output).decode()}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
