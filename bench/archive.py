"""An account into files and back: archives and Maildirs, beside mbsync and what server and disk allow at most."""
import json
import os
import shutil

from dovecot import PASSWORD
from measure import mbsync, measure, median_of, say

MBSYNC_MAILDIR = """
MaildirStore near
Path {maildir}/
Inbox {maildir}/INBOX
SubFolders Verbatim
"""

# Names of cases that others are compared with.
READ, READ_ONE, WRITTEN = "limit, 4 connections, thrown away", "limit, 1 connection, thrown away", "limit, a file each, one sync"
IN_STEPS = "limit, in the steps of an archive"
EXPORT, AGAIN, CHECK = "postferry to archive:", "postferry to archive:, nothing new", "postferry archive check"
MAILDIR, MBSYNC_EXPORT, MBSYNC_AGAIN = "postferry to maildir:", "mbsync to Maildir", "mbsync to Maildir, nothing new"
IMPORT_LIMIT, IMPORT = "import: limit, 4 connections", "import: postferry from archive:"


def listing(directory):
    """What tells whether anything below was written: of each file and folder the inode, size, and times."""
    out = {}
    for path in [directory, *directory.rglob("*")]:
        at = path.lstat()
        out[path] = (at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)
    return out


def files_below(directory, pattern):
    return sum(1 for path in directory.rglob(pattern) if path.is_file())


class Archives:
    """Exports of account `user` at the source of `bench`; its archive into fresh accounts at the target."""

    def __init__(self, bench, user):
        self.bench, self.user = bench, user
        self.messages = bench.accounts[user]["messages"]
        self.runs = {}
        self.next_directory = 0

    def fresh(self, name):
        """An empty directory.  It stays until all is measured, 2.4 GB a round: ext4 without a journal does not give an inode
        away again for some minutes after its file was removed, and steps over each such inode whenever it makes a file
        (measured: 12 s of system time in an export instead of 1.6)."""
        self.next_directory += 1
        path = self.bench.dir / f"{name}-{self.next_directory}"
        path.mkdir()
        return path

    def run(self, name, function):
        """Times a case; what it tells to be wrong with its result makes it a failure.  Nobody pays for what another left to
        be written: a sync comes first."""
        os.sync()
        say(f"archive: {name}")
        try:
            result = function()
        except (RuntimeError, ValueError, KeyError, IndexError) as error:
            result = {"failed": str(error)}
        result.pop("out", None)
        if "failed" in result:
            say(f"FAILED: {name}: {result['failed']}")
        self.runs.setdefault(name, []).append(result)

    def expect(self, result, what, found):
        if found != self.messages:
            result["failed"] = f"{found} of {self.messages} messages {what}"
        return result

    # ---- the cases: what measure() returns

    def limit(self, *words):
        result = measure([self.bench.programs / "fetch_limit", "--port", self.bench.source.imap, "--user", self.user,
                          "--password", PASSWORD, *words])
        told = json.loads(result["out"])
        result["seconds"] = told["seconds"]
        return self.expect(result, "read", told["messages"])

    def export(self, target, state):
        return self.bench.sync(self.bench.url(self.user, self.bench.source), target, state)

    def to_archive(self, archive, state):
        result = self.export(f"archive:{archive}", state)
        return self.expect(result, "in the archive", files_below(archive, "*.eml"))

    def again(self, archive, state):
        before = listing(archive)
        result = self.export(f"archive:{archive}", state)
        after = listing(archive)
        result["written"] = sum(before.get(path) != after.get(path) for path in before.keys() | after.keys())
        if result["copied"] != 0 or result["written"] != 0:
            result["failed"] = f"{result['copied']} copied again, {result['written']} files or folders written"
        return result

    def to_maildir(self, maildir, state):
        return self.expect(self.export(f"maildir:{maildir}", state), "in the Maildir", self.in_maildir(maildir))

    def check(self, archive):
        return measure([self.bench.postferry, "archive", "check", archive])

    def mbsync(self, maildir, state):
        result = mbsync(MBSYNC_MAILDIR.format(maildir=maildir), state, self.bench.source.imap, self.user,
                        self.bench.password_file)
        return self.expect(result, "in the Maildir", self.in_maildir(maildir))

    @staticmethod
    def in_maildir(maildir):
        return files_below(maildir, "cur/*") + files_below(maildir, "new/*")

    def import_limit(self):
        target = self.bench.fresh()
        return self.bench.limit(self.user, target, (self.bench.source.imap, self.bench.target.imap), 4, 50)

    def to_server(self, archive, state):
        target = self.bench.fresh()
        result = self.bench.sync(f"archive:{archive}", self.bench.url(target, self.bench.target), state)
        return self.expect(result, "arrived", self.bench.target.count(target))

    # ---- all of them

    def round(self):
        archive, archive_state = self.fresh("archive"), self.fresh("state")
        maildir, maildir_state = self.fresh("maildir"), self.fresh("state")
        near, near_state, written = self.fresh("mbsync"), self.fresh("state"), self.fresh("written")
        in_steps = self.fresh("steps")
        import_state = self.fresh("state")
        self.run(READ, self.limit)
        self.run(READ_ONE, lambda: self.limit("--connections", 1))
        self.run(WRITTEN, lambda: self.limit("--into", written))
        self.run(IN_STEPS, lambda: self.limit("--into", in_steps, "--steps", "archive"))
        if self.bench.postferry:
            self.run(EXPORT, lambda: self.to_archive(archive, archive_state))
            self.run(AGAIN, lambda: self.again(archive, archive_state))
            self.run(CHECK, lambda: self.check(archive))
            self.run(MAILDIR, lambda: self.to_maildir(maildir, maildir_state))
        if shutil.which("mbsync"):
            self.run(MBSYNC_EXPORT, lambda: self.mbsync(near, near_state))
            self.run(MBSYNC_AGAIN, lambda: self.mbsync(near, near_state))
        self.run(IMPORT_LIMIT, self.import_limit)
        if self.bench.postferry:
            self.run(IMPORT, lambda: self.to_server(archive, import_state))

    def section(self, repeat):
        # The first who opens a mailbox has Dovecot move its files and write its indexes: not measured.
        self.bench.open_all(self.user)
        self.limit()
        for number in range(repeat):
            say(f"archive: round {number + 1}/{repeat}")
            self.round()
        cases = {name: median_of(runs) for name, runs in self.runs.items()}
        return {"title": "an account into files and back", "messages": self.messages,
                "bytes": self.bench.accounts[self.user]["bytes"], "rtt_ms": 0, "cases": cases, "wanted": wanted(cases)}


def wanted(cases):
    """What must hold: [{what, value, wanted, holds}].  A row without `wanted` is told for orientation."""
    rows = []

    def row(what, value, least=None, most=None):
        if value is None:
            return
        wish = f"at least {least}" if least is not None else f"at most {most}" if most is not None else None
        holds = None if wish is None else value >= least if least is not None else value <= most
        rows.append({"what": what, "value": round(value, 2), "wanted": wish, "holds": holds})

    def figure(name, key="seconds"):
        return cases.get(name, {}).get(key)

    def ratio(above, below):
        over, under = figure(above), figure(below)
        return over / under if over is not None and under else None

    row("mbsync's seconds / those of the export to archive:", ratio(MBSYNC_EXPORT, EXPORT), least=3)
    row("memory of the export to archive:, MB", figure(EXPORT, "peak_mb"), most=40)
    row("export again, nothing new: seconds", figure(AGAIN), most=0.3)
    row("export again, nothing new: files and folders written", figure(AGAIN, "written"), most=0)
    row("import from archive: / the server's limit", ratio(IMPORT, IMPORT_LIMIT), most=1.5)
    row("mbsync's seconds / those of the export to maildir:", ratio(MBSYNC_EXPORT, MAILDIR))
    row("export to archive: / reading alone, 4 connections", ratio(EXPORT, READ))
    row("export to archive: / reading and a file each, one sync", ratio(EXPORT, WRITTEN))
    row("export to archive: / reading, in the steps of an archive", ratio(EXPORT, IN_STEPS))
    row("mbsync's seconds / reading, in the steps of an archive", ratio(MBSYNC_EXPORT, IN_STEPS))
    row("export to maildir: / reading and a file each, one sync", ratio(MAILDIR, WRITTEN))
    return rows


def print_wanted(section):
    print(f"\n  {'':58} {'is':>8}  {'wanted':<13} holds")
    for row in section["wanted"]:
        verdict = "" if row["holds"] is None else "yes" if row["holds"] else "NO"
        print(f"  {row['what']:58} {row['value']:8.2f}  {row['wanted'] or '':<13} {verdict}")
