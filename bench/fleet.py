"""Many accounts in one run: server to server, and how fast the two servers could take them over at all."""
import json

from dovecot import PASSWORD
from measure import measure, median_of, say

MESSAGES, MAILBOXES = 50, 6


class Fleet:
    """`accounts` accounts of 50 messages in 6 mailboxes (1.6 MB) each at the source of `bench`."""

    def __init__(self, bench, accounts):
        self.bench, self.accounts = bench, accounts
        self.limit_program = bench.programs / "fleet_limit"
        say(f"fleet: {accounts} accounts")
        out = self.run_limit("--fill", 1, "--prefix", "from")["out"]
        self.bytes = json.loads(out)["bytes"]

    def run_limit(self, *words):
        return measure([self.limit_program, "--port", self.bench.source.imap, "--to-port", self.bench.target.imap,
                        "--password", PASSWORD, "--accounts", self.accounts, "--messages", MESSAGES,
                        "--mailboxes", MAILBOXES, *words])

    def list_of(self, prefix):
        path = self.bench.dir / f"{prefix}.csv"
        rows = [f"from{i:04},{PASSWORD},{prefix}{i:04},{PASSWORD}" for i in range(self.accounts)]
        path.write_text("\n".join(["source_user,source_password,target_user,target_password", *rows]) + "\n")
        path.chmod(0o600)
        return path

    def run_postferry(self, prefix):
        def url(server):
            return f"imap://{{user}}@127.0.0.1:{server.imap}/?tls=none"

        result = measure([self.bench.postferry, "bulk", "sync", "--accounts", self.list_of(prefix), "--from",
                          url(self.bench.source), "--to", url(self.bench.target), "--state-dir",
                          self.bench.dir / f"state-{prefix}", "--json"])
        summary = json.loads(result["out"].strip().splitlines()[-1])
        result["sent"], result["received"] = summary.get("bytes_sent"), summary.get("bytes_received")
        result["copied"] = summary.get("copied")
        return result

    def check_arrived(self, prefix, result):
        """Every twentieth account is counted: counting costs as much as copying."""
        for number in range(0, self.accounts, 20):
            arrived = self.bench.target.count(f"{prefix}{number:04}")
            if arrived != MESSAGES:
                result["failed"] = f"{prefix}{number:04}: {arrived} of {MESSAGES} messages arrived"

    def section(self, repeat):
        """Limit, first pass and second pass in turn, so that a noisy minute hits all of them."""
        limit, first, second = [], [], []
        for number in range(repeat):
            say(f"fleet: limit, 4 accounts at once ({number + 1}/{repeat})")
            result = self.run_limit("--to-prefix", f"limit{number}x")
            result["seconds"], result["cpu"], result["peak_mb"] = json.loads(result["out"])["seconds"], None, None
            limit.append(result)
            prefix = f"fleet{number}x"
            say(f"fleet: postferry bulk sync ({number + 1}/{repeat})")
            first.append(self.run_postferry(prefix))
            self.check_arrived(prefix, first[-1])
            say(f"fleet: postferry bulk sync, nothing new ({number + 1}/{repeat})")
            second.append(self.run_postferry(prefix))
            if second[-1]["copied"] != 0:
                second[-1]["failed"] = f"{second[-1]['copied']} copied again"
        for result in limit + first + second:
            result.pop("out")
        return {"title": f"{self.accounts} accounts of {MESSAGES} messages in {MAILBOXES} mailboxes",
                "messages": self.accounts * MESSAGES, "bytes": self.bytes, "rtt_ms": 0, "accounts": self.accounts,
                "cases": {"limit, 4 accounts at once": median_of(limit), "postferry bulk sync": median_of(first),
                          "postferry bulk sync, nothing new": median_of(second)}}


def print_by_account(section):
    print(f"  {'an account':42} {'ms':>8} {'CPU ms':>7}")
    for name, case in section["cases"].items():
        if case["seconds"] is None:
            continue
        cpu = f"{1000 * case['cpu'] / section['accounts']:7.1f}" if case["cpu"] is not None else "      -"
        print(f"  {name:42} {1000 * case['seconds'] / section['accounts']:8.1f} {cpu}")
