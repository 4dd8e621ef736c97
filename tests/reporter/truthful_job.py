"""A job that keeps a diary: arguments are the seconds of work it needs and the diary's file."""

import json
import os
import sys
import time

goal, diary = float(sys.argv[1]), sys.argv[2]
path, attempt = os.environ["MMBATCH_CHECKPOINT_PATH"], int(os.environ["MMBATCH_ATTEMPT"])
began, carried = time.time(), 0.0
if os.environ["MMBATCH_RESTORED"] == "1":
    with open(path + ".restored") as file:
        carried = float(file.read())
with open(diary, "a", buffering=1) as written:
    worked = carried
    while worked < goal:
        now = time.time()
        worked = carried + now - began
        with open(path + ".part", "w") as file:
            file.write(str(worked))
        os.replace(path + ".part", path + ".live")
        written.write(json.dumps({"attempt": attempt, "carried": carried, "began": began, "now": now}) + "\n")
        time.sleep(0.1)
