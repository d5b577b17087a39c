"""Running a program and telling what it took."""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

# The one of bench/measured.cpp; run.py makes a copy that whoever the servers run as may start.
program = pathlib.Path(__file__).resolve().parent.parent / "build/release/bench/measured"


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


def measure(argv, **options):
    """Runs to the end: seconds, CPU seconds and peak memory of the program and its children, and its output."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as report:
        argv = [str(program), str(report.fileno()), *(str(a) for a in argv)]
        status = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, check=False,
                                pass_fds=[report.fileno()], **options).returncode
        for file in (out, err, report):
            file.seek(0)
        text = out.read().decode(errors="replace")
        if status != 0:
            tail = (text + err.read().decode(errors="replace"))[-2000:]
            raise RuntimeError(f"{argv[2]} ended with {status}:\n{tail}")
        used = json.loads(report.read())
        return {"seconds": used["seconds"], "cpu": used["user"] + used["system"], "peak_mb": used["peak_kb"] / 1024, "out": text}


# An account that mbsync reaches over IMAP.
MBSYNC_IMAP = """
IMAPAccount {name}
Host 127.0.0.1
Port {port}
User {user}
PassCmd "cat {password_file}"
SSLType None
AuthMechs LOGIN

IMAPStore {name}
Account {name}
"""
# Everything of "far", to the store "near".
MBSYNC_COPY = """
Channel copy
Far :far:
Near :near:
Patterns *
Create Near
Sync Pull
CopyArrivalDate yes
SyncState {state}/
"""


def mbsync(near, state, port, user, password_file):
    """Copies account `user` to the store "near", which the text `near` describes; remembers in directory `state`."""
    config = state / "mbsyncrc"
    config.write_text(MBSYNC_IMAP.format(name="far", port=port, user=user, password_file=password_file) + near
                      + MBSYNC_COPY.format(state=state))
    return measure(["mbsync", "-q", "-c", config, "copy"])


def median_of(runs):
    good = [r for r in runs if "failed" not in r]
    summary = {"runs": len(good), "failures": [r["failed"] for r in runs if "failed" in r]}
    for key in ("seconds", "cpu", "peak_mb", "sent", "received", "copied", "written"):
        values = [r[key] for r in good if r.get(key) is not None]
        summary[key] = statistics.median(values) if values else None
    summary["all_seconds"] = [round(r["seconds"], 3) for r in good]
    return summary
