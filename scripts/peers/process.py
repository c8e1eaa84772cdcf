"""A process that works off tasks: reads them from a file, prints one JSON line for each.

It may die on any of them; __main__.py then goes on with the next in a new process."""

import json
import os
import sys
import traceback


def work(run):
    tasks = json.load(open(sys.argv[1]))
    first = int(sys.argv[2])
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not a result
    for i in range(first, len(tasks)):
        try:
            result = run(tasks[i])
        except Exception as e:  # a refusal is a result
            result = {"error": type(e).__name__, "message": str(e) or traceback.format_exc(limit=1)}
        print(json.dumps({"task": i, **result}), file=results, flush=True)
