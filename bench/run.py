#!/usr/bin/env python3
"""Compares postferry with what people use today, and with what the server can take at most.

Called by script/bench.  Starts two Dovecots of its own on loopback (Maildir, default fsync, no plugins), makes a mailbox
of 10,000 messages (about 317 MB) and lets every program copy it into a fresh account, or into files, one after the
other, several times over.  Figures are medians.  Needs: the programs of bench/, Dovecot; mbsync, doveadm and postferry where present.
"""
import argparse
import imaplib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import measure as measuring
from archive import Archives, print_wanted
from dovecot import PASSWORD, Dovecot, as_server
from fleet import Fleet, print_by_account
from measure import MBSYNC_IMAP, mbsync, measure, median_of, say

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONNECTIONS = 6  # what postferry takes of a Dovecot by default


class Proxy:
    def __init__(self, programs, to, rtt_ms):
        self.process = subprocess.Popen([programs / "delay_proxy", "--to", str(to), "--rtt-ms", str(rtt_ms)],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return json.loads(self.process.communicate()[0])


class Bench:
    def __init__(self, directory, programs, postferry):
        self.dir = directory
        self.programs = programs
        self.postferry = postferry
        self.next_user = 0
        self.password_file = directory / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.password_file.chmod(0o600)
        self.source = Dovecot(directory / "s")
        self.target = Dovecot(directory / "t")
        self.accounts = {}

    def stop(self):
        self.source.stop()
        self.target.stop()

    def fill(self, user, messages=0, single=0):
        """Once: several sections may want the same account."""
        if user in self.accounts:
            return
        size = ["--single-size", single] if single else ["--messages", messages]
        out = measure([self.programs / "fill_mailbox", "--port", self.source.imap, "--user", user, "--password", PASSWORD,
                       *size])["out"]
        self.accounts[user] = {"messages": 1 if single else messages, "bytes": json.loads(out)["bytes"]}
        say(f"account {user}: {self.accounts[user]['messages']} messages, {self.accounts[user]['bytes'] / 1e6:.0f} MB")

    def fill_large(self, user, messages):
        """Small messages, written where the server keeps them: it is the number that matters."""
        maildir = self.source.dir / "mail" / user / "Maildir"
        cur = maildir / "cur"
        for name in ("cur", "new", "tmp"):
            (maildir / name).mkdir(parents=True)
        size = 0
        # Dovecot's hash of file names knows little but the last characters of a name: there they must differ.
        names = random.Random(1)
        for number in range(messages):
            text = (f"Message-ID: <large{number}@example.com>\r\nFrom: a@example.com\r\nSubject: number {number}\r\n"
                    f"Date: Sun, 9 Sep 2001 01:46:40 +0000\r\n\r\nline {number}\r\n").encode()
            (cur / f"{1000000000 + number}.{names.getrandbits(64):016x},S={len(text)},W={len(text)}:2,").write_bytes(text)
            size += len(text)
        self.source.own(maildir.parent)
        self.accounts[user] = {"messages": messages, "bytes": size}
        say(f"account {user}: {messages} messages, {size / 1e6:.0f} MB")

    def open_all(self, user):
        """Dovecot moves every file of a Maildir from new/ to cur/ when somebody opens the mailbox, once."""
        with imaplib.IMAP4("127.0.0.1", self.source.imap) as imap:
            imap.login(user, PASSWORD)
            for answer in imap.list()[1]:
                imap.select(answer.decode().rsplit(" ", 1)[1])

    def change(self, user, new, flags):
        """`new` messages more and other flags on `flags` of those there, at the source."""
        with imaplib.IMAP4("127.0.0.1", self.source.imap) as imap:
            imap.login(user, PASSWORD)
            imap.select("INBOX")
            for number in range(new):
                imap.append("INBOX", None, None, f"Message-ID: <more{number}@example.com>\r\n\r\nx\r\n".encode())
            for number in range(flags):
                imap.store(str(1000 * number + 1), "+FLAGS", "(\\Flagged)")
        self.accounts[user]["messages"] += new

    def resync_large(self, src):
        """A mailbox that is in step already, ten new messages and ten changed flags: the second run alone."""
        user, ports = self.fresh(), (self.source.imap, self.target.imap)
        state = self.dir / f"state-{user}"
        say("one large mailbox: first copy (not measured)")
        self.run_postferry(src, user, ports, state)
        # Somebody opens the copy: Dovecot then moves every file of a Maildir from new/ to cur/, once.
        with imaplib.IMAP4("127.0.0.1", self.target.imap) as imap:
            imap.login(user, PASSWORD)
            imap.select("INBOX")
        self.run_postferry(src, user, ports, state)
        self.change(src, 10, 10)
        say("one large mailbox: 10 new, 10 flag changes")
        result = self.run_postferry(src, user, ports, state)
        result.pop("out")
        arrived = self.target.count(user)
        if arrived != self.accounts[src]["messages"] or result["copied"] != 10:
            result["failed"] = f"{arrived} messages, {result['copied']} copied"
        return {"title": "one large mailbox, in step but for 10 new messages and 10 changed flags",
                "messages": self.accounts[src]["messages"], "bytes": self.accounts[src]["bytes"], "rtt_ms": 0,
                "cases": {"postferry, second run": median_of([result])}}

    def fresh(self):
        self.next_user += 1
        return f"user{self.next_user}"

    # Each of these copies account `src` into `user` at the target and returns what measure() does.
    # `ports`: where source and target are reached.

    def limit(self, src, user, ports, connections, batch):
        messages = self.accounts[src]["messages"]
        result = measure([self.programs / "append_limit", "--port", ports[1], "--user", user, "--password", PASSWORD,
                          "--connections", connections, "--batch", batch, "--messages", messages])
        result["seconds"] = json.loads(result["out"])["seconds"]  # without making the messages
        result["cpu"] = result["peak_mb"] = None
        return result

    @staticmethod
    def url(name, server, port=None, tls=False):
        if tls:
            return f"imaps://{name}@127.0.0.1:{port or server.imaps}/?ca={server.dir}/cert.pem"
        return f"imap://{name}@127.0.0.1:{port or server.imap}/?tls=none"

    def sync(self, source, target, state, *words):
        """`postferry sync`: what measure() returns, and what the summary tells.  Passwords go to the ends that are servers."""
        for end, place in (("from", source), ("to", target)):
            if place.startswith("imap"):
                words += (f"--{end}-password-file", self.password_file)
        result = measure([self.postferry, "sync", source, target, "--state-dir", state, *words, "--json"])
        summary = json.loads(result["out"].strip().splitlines()[-1])
        result["sent"], result["received"] = summary.get("bytes_sent"), summary.get("bytes_received")
        result["copied"] = summary.get("copied")
        return result

    def run_postferry(self, src, user, ports, state, tls=False):
        return self.sync(self.url(src, self.source, ports[0], tls), self.url(user, self.target, ports[1], tls), state)

    def run_mbsync(self, src, user, ports, state):
        state.mkdir(exist_ok=True)
        near = MBSYNC_IMAP.format(name="near", port=ports[1], user=user, password_file=self.password_file)
        return mbsync(near, state, ports[0], src, self.password_file)

    def run_doveadm(self, src, user, ports):
        """Reads over IMAP, writes the target's files itself."""
        settings = ["imapc_host=127.0.0.1", f"imapc_port={ports[0]}", f"imapc_user={src}", f"imapc_password={PASSWORD}",
                    "imapc_features=rfc822.size fetch-headers delay-login"]
        argv = ["doveadm", "-c", self.target.config]
        for setting in settings:
            argv += ["-o", setting]
        return measure(argv + ["backup", "-R", "-u", user, "imapc:"], cwd="/", **as_server())

    def forget(self, user):
        """Only where the disk is short: freeing many blocks slows what runs next (measured: by half)."""
        if shutil.disk_usage(self.dir).free < 20e9:
            self.target.forget(user)

    # What is measured: (name, function of (src, user, ports) returning a list of (suffix, result)).

    def cases(self, everything):
        def one(function):
            return lambda src, user, ports: [("", function(src, user, ports))]

        def with_state(function):
            def run(src, user, ports):
                state = self.dir / f"state-{user}"
                return [("", function(src, user, ports, state)), (", nothing new", function(src, user, ports, state))]

            return run

        cases = [(f"limit, {CONNECTIONS} connections, batches of 50", one(lambda s, u, p: self.limit(s, u, p, CONNECTIONS, 50)))]
        if everything:
            cases += [
                (f"limit, {CONNECTIONS} connections, batches of 200", one(lambda s, u, p: self.limit(s, u, p, CONNECTIONS, 200))),
                ("limit, 1 connection, batches of 50", one(lambda s, u, p: self.limit(s, u, p, 1, 50))),
                ("limit, 1 connection, batches of 200", one(lambda s, u, p: self.limit(s, u, p, 1, 200))),
            ]
        if self.postferry:
            cases.append(("postferry", with_state(self.run_postferry)))
            if everything:
                cases.append(("postferry over TLS", self.tls_case))
        if shutil.which("mbsync"):
            cases.append(("mbsync", with_state(self.run_mbsync)))
        if shutil.which("doveadm"):
            cases.append(("doveadm backup (writes files)", one(self.run_doveadm)))
        return cases

    def tls_case(self, src, user, _ports):
        ports = (self.source.imaps, self.target.imaps)
        return [("", self.run_postferry(src, user, ports, self.dir / f"state-{user}", tls=True))]

    def run(self, title, src, cases, repeat, rtt_ms=0):
        """All cases in turn, `repeat` times over, so that a noisy minute hits all of them."""
        results = {}
        for round_number in range(repeat):
            for name, function in cases:
                say(f"{title}: {name} ({round_number + 1}/{repeat})")
                user = self.fresh()
                proxies = []
                ports = (self.source.imap, self.target.imap)
                if rtt_ms:
                    proxies = [Proxy(self.programs, port, rtt_ms) for port in ports]
                    ports = tuple(p.port for p in proxies)
                try:
                    measured = function(src, user, ports)
                except (RuntimeError, ValueError, KeyError, IndexError) as error:
                    say(f"FAILED: {name}: {error}")
                    results.setdefault(name, []).append({"failed": str(error)})
                    continue
                finally:
                    traffic = [p.stop() for p in proxies]
                arrived = self.target.count(user)
                expected = self.accounts[src]["messages"]
                for suffix, result in measured:
                    result.pop("out", None)
                    if arrived != expected:
                        result["failed"] = f"{arrived} of {expected} messages arrived"
                        say(f"FAILED: {name}: {result['failed']}")
                    if traffic and len(measured) == 1:
                        result["sent"] = sum(t["to_server"] for t in traffic)
                        result["received"] = sum(t["to_client"] for t in traffic)
                    results.setdefault(name + suffix, []).append(result)
                self.forget(user)
        return {"title": title, "messages": self.accounts[src]["messages"], "bytes": self.accounts[src]["bytes"],
                "rtt_ms": rtt_ms, "cases": {name: median_of(runs) for name, runs in results.items()}}


def print_table(section):
    gigabytes = section["bytes"] / 1e9
    rtt = f", {section['rtt_ms']} ms round trip" if section["rtt_ms"] else ""
    print(f"\n{section['title']}: {section['messages']} messages, {section['bytes'] / 1e6:.0f} MB{rtt}")
    print(f"  {'':42} {'seconds':>8} {'msg/s':>7} {'MB/s':>6} {'CPU s/GB':>9} {'peak MB':>8} {'sent MB':>8} {'recv MB':>8}")

    def cell(value, width, digits):
        return f"{value:>{width}.{digits}f}" if value is not None else " " * (width - 1) + "-"

    for name, case in section["cases"].items():
        if case["seconds"] is None:
            print(f"  {name:42} failed: {case['failures'][0].splitlines()[0][:60]}")
            continue
        idle = "nothing new" in name or "second run" in name
        print(f"  {name:42} {case['seconds']:8.2f}"
              f" {cell(None if idle else section['messages'] / case['seconds'], 7, 0)}"
              f" {cell(None if idle else section['bytes'] / 1e6 / case['seconds'], 6, 0)}"
              f" {cell(None if idle or case['cpu'] is None else case['cpu'] / gigabytes, 9, 1)}"
              f" {cell(case['peak_mb'], 8, 0)}"
              f" {cell(case['sent'] / 1e6 if case['sent'] is not None else None, 8, 3)}"
              f" {cell(case['received'] / 1e6 if case['received'] is not None else None, 8, 3)}"
              + (f"  ({len(case['failures'])} failed)" if case["failures"] else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1,000 messages, one round: to see that it works")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds (default 3); figures are medians")
    parser.add_argument("--accounts", type=int, default=100, metavar="N", help="accounts of the fleet (default 100)")
    parser.add_argument("--only", metavar="TEXT", action="append", help="only cases whose name contains TEXT (repeatable)")
    parser.add_argument("--json", metavar="FILE", help="also write all figures there")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bench", help=argparse.SUPPRESS)
    parser.add_argument("--postferry", type=pathlib.Path, default=ROOT / "build/release/postferry", help=argparse.SUPPRESS)
    options = parser.parse_args()
    repeat = 1 if options.quick else options.repeat
    messages = 1000 if options.quick else 10000
    for program in ("append_limit", "fetch_limit", "fill_mailbox", "fleet_limit", "delay_proxy", "measured"):
        if not (options.programs / program).exists():
            sys.exit(f"no {options.programs / program}: script/bench builds it")
    postferry = options.postferry if options.postferry.exists() else None
    if not postferry:
        say(f"no {options.postferry}: measuring the others only")

    def chosen(cases):
        return [c for c in cases if not options.only or any(text in c[0] for text in options.only)]

    directory = pathlib.Path(tempfile.mkdtemp(prefix="pfb-", dir="/tmp"))
    directory.chmod(0o755)
    measuring.program = pathlib.Path(shutil.copy(options.programs / "measured", directory))
    # A signal ends in the finally below, so that the servers never outlive us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = None
    try:
        bench = Bench(directory, options.programs, postferry)
        sections = []
        if postferry and chosen([("postferry bulk sync", None)]):
            fleet = Fleet(bench, options.accounts)
            sections.append(fleet.section(repeat))
        if chosen([("archive", None)]):
            bench.fill("many", messages=messages)
            sections.append(Archives(bench, "many").section(repeat))
        if chosen(bench.cases(True)):
            bench.fill("many", messages=messages)
            bench.fill("delayed", messages=1000)
            bench.fill("huge", single=200 * 1000 * 1000)
            bench.fill_large("large", 10 * messages)
            sections += [bench.run("many messages", "many", chosen(bench.cases(True)), repeat),
                         bench.run("over a long line", "delayed", chosen(bench.cases(False)), repeat, rtt_ms=50),
                         bench.run("one message of 200 MB", "huge",
                                   chosen([c for c in bench.cases(False) if not c[0].startswith("limit")]), 1)]
        if postferry and chosen([("postferry", None)]):
            sections.append(bench.resync_large("large"))
    finally:
        if bench:
            bench.stop()
        shutil.rmtree(directory, ignore_errors=True)
    if not sections:
        sys.exit(f"no case has {' or '.join(options.only)} in its name")
    return report(sections, options, repeat)


def report(sections, options, repeat):
    """Prints and writes the figures; the exit status."""
    for section in sections:
        print_table(section)
        if "accounts" in section:
            print_by_account(section)
        if "wanted" in section:
            print_wanted(section)
    if options.json:
        figures = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cpus": os.cpu_count(),
                  "load_average": os.getloadavg(), "repeat": repeat, "connections": CONNECTIONS, "sections": sections}
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=1) + "\n")
    failed = [name for s in sections for name, case in s["cases"].items() if case["failures"]]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
