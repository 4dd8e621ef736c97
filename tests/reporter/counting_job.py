"""A job that counts, half a second a step, and keeps its state where a checkpoint command finds it."""

import json
import os
import sys
import time

path = os.environ["MMBATCH_CHECKPOINT_PATH"]
count = 0
if os.environ["MMBATCH_RESTORED"] == "1":
    with open(path + ".restored") as file:
        count = json.load(file)["count"]
while count < int(sys.argv[1]):
    time.sleep(0.25)
    count += 1
    with open(path + ".part", "w") as file:
        json.dump({"count": count}, file)
    os.replace(path + ".part", path + ".live")
print("counted to", count)
