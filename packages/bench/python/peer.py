"""The peers in Python: `peer.py numpy` or `peer.py torch`, asked by python.mjs.

Requests come from stdin, one JSON object a line, and each is answered by one line: {"value": ...} or {"error": ...}.
A contestant is an object with `run()`, which is timed here, and `result()`, which gives what it has computed.
"""

import importlib
import json
import sys
import time
import traceback

import numpy as np


def unpacked(value):
    """Arrays come as names of files."""
    if isinstance(value, list):
        return [unpacked(part) for part in value]
    if isinstance(value, dict):
        if "file" in value:
            return np.fromfile(value["file"], dtype=value["dtype"])
        return {key: unpacked(part) for key, part in value.items()}
    return value


def milliseconds(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def main():
    peer = importlib.import_module(f"with_{sys.argv[1]}")
    contestants = {}
    made = 0

    def answer(request):
        nonlocal made
        action = request["do"]
        if action == "describe":
            return {"versions": peer.versions(), "unfit": peer.unfit()}
        if action == "make":
            made += 1
            contestants[made] = peer.CONTESTANTS[request["name"]](**unpacked(request["parameters"]))
            return made
        contestant = contestants[request["id"]]
        if action == "run":
            return milliseconds(contestant.run)
        if action == "result":
            return np.asarray(contestant.result(), dtype=np.float64).ravel().tolist()
        if action == "drop":
            del contestants[request["id"]]
            return None
        raise ValueError(f"unknown request {action}")

    for line in sys.stdin:
        try:
            reply = {"value": answer(json.loads(line))}
        except Exception:
            reply = {"error": traceback.format_exc()}
        print(json.dumps(reply), flush=True)


main()
