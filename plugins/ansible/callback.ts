/**
 * A callback plugin for Ansible, in Python, which hands over what became of each host, and says where ssh may keep the sockets of
 * connections that several tasks share: the path of such a socket has at most 107 bytes, so it goes by a descriptor of the folder.
 */
export const callbackPlugin: string = `from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: waterflow
type: aggregate
short_description: hands the results of each host to Waterflow
description: Writes them to the file that WATERFLOW_ANSIBLE_RESULTS names.
"""


def shared_connections():
    folder = os.path.join(os.environ["HOME"], "connections")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    short = "/proc/%d/fd/%d" % (os.getpid(), os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
    if not os.path.samefile(short, folder):
        return ""
    return "-o ControlMaster=auto -o ControlPersist=60s -o ControlPath=%s/%%C" % short


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "waterflow"

    def __init__(self):
        super().__init__()
        self.results = os.environ["WATERFLOW_ANSIBLE_RESULTS"]
        try:
            os.environ["WATERFLOW_ANSIBLE_CONNECTIONS"] = shared_connections()
        except OSError:
            pass

    def v2_playbook_on_stats(self, stats):
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        custom = dict(stats.custom.get("_run", {}))
        with open(self.results, "w") as file:
            json.dump({"hosts": hosts, "stats": custom}, file, default=str)
`;
