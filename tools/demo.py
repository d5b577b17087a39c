#!/usr/bin/env python3
"""demo.py POSTFERRY: two throwaway Dovecots, a mailbox with everything real mailboxes have, one copied to the other.

Called by script/demo.  Stops and removes what it started, also when interrupted.
"""
import imaplib
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from dovecot import PASSWORD, Dovecot  # noqa: E402

ORDINARY = 300  # messages per ordinary mailbox


def message(subject, body="Hello.\r\n", message_id=None):
    lines = ["From: Anna <anna@example.com>", "To: Bert <bert@example.org>", f"Subject: {subject}",
             "Date: Mon, 17 Jul 2023 02:44:25 +0200"]
    if message_id:
        lines.append(f"Message-ID: {message_id}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def awkward():
    """(mailbox on the wire, flags, date, bytes)"""
    day = '"17-Jul-2023 02:44:25 +0200"'
    yield "INBOX", r"(\Seen)", day, message("an ordinary one", message_id="<1@example.com>")
    for _ in range(3):
        yield "INBOX", "()", day, message("three byte twins", message_id="<twin@example.com>")
    for body in ("one body\r\n", "another body\r\n"):
        yield "INBOX", "()", day, message("one Message-ID, two bodies", body, "<shared@example.com>")
    yield "INBOX", r"(\Flagged $Forwarded NonJunk)", day, message("no Message-ID")
    yield "INBOX", "()", day, message("looks like protocol", "A1 OK done\r\n* BYE\r\n{5}\r\n)\r\n", "<proto@example.com>")
    yield "INBOX", "()", day, message("a line of 200 KB", "z" * 200000 + "\r\n", "<long@example.com>")
    yield "INBOX", "()", '" 1-Jan-1970 05:45:00 +0545"', message("as old as Unix", message_id="<old@example.com>")
    yield "Entw&APw-rfe", r"(\Draft)", '"05-Nov-2021 04:30:00 +0545"', message("ein Entwurf")
    yield "&ZeVnLIqe-/&U,BTFw-", "()", day, message("nested, in Japanese", message_id="<ja@example.com>")
    yield "say \\\"hi\\\" & more".replace("&", "&-"), "()", day, message("quotes in the name", message_id="<q@example.com>")


def fill(server, user, programs):
    """Returns how many messages went in."""
    subprocess.run([programs / "fill_mailbox", "--port", str(server.imap), "--user", user, "--password", PASSWORD,
                    "--messages", str(ORDINARY), "--mailboxes", "3"], check=True, stdout=subprocess.DEVNULL)
    client = imaplib.IMAP4("127.0.0.1", server.imap)
    client.login(user, PASSWORD)
    count = ORDINARY
    for mailbox, flags, date, data in awkward():
        name = f'"{mailbox}"'
        if mailbox != "INBOX":
            client.create(name)
        client.literal = data  # append() of imaplib would rewrite line ends
        status, answer = client._simple_command("APPEND", name, flags, date)
        if status != "OK":
            raise RuntimeError(f"APPEND to {mailbox}: {answer}")
        count += 1
    client.logout()
    return count


def show(title, argv):
    print(f"\n\033[1m{title}\033[0m" if sys.stdout.isatty() else f"\n{title}")
    print("$ postferry " + " ".join(f"'{a}'" if "?" in a else a for a in argv[1:]), flush=True)
    start = time.monotonic()
    status = subprocess.run(argv, stdin=subprocess.DEVNULL).returncode
    print(f"-> exit status {status}, {time.monotonic() - start:.2f} s", flush=True)
    return status


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    postferry = sys.argv[1]
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pfd-", dir="/tmp"))
    directory.chmod(0o755)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    servers = []
    try:
        for name in ("from", "to"):
            servers.append(Dovecot(directory / name))
        source, target = servers
        count = fill(source, "alice", ROOT / "build/release/bench")
        print(f"Two mail servers are up.  alice has {count} messages at the first, none at the second: twins, shared and\n"
              "missing Message-IDs, odd dates, keywords, a line of 200 KB, names with umlauts, quotes and Japanese.")
        password = directory / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        urls = [f"imaps://alice@127.0.0.1:{s.imaps}/?ca={s.dir}/cert.pem" for s in servers]
        secrets = ["--from-password-file", str(password), "--to-password-file", str(password)]
        state = ["--state-dir", str(directory / "state")]
        statuses = [
            show("1. Copy everything, over TLS", [postferry, "sync", *urls, *secrets, *state]),
            show("2. Compare both sides byte by byte, changing nothing", [postferry, "verify", *urls, *secrets, "--content"]),
            show("3. Again: there is nothing left to do", [postferry, "sync", *urls, *secrets, *state]),
        ]
        arrived = target.count("alice")
        print(f"\nThe second server itself counts {arrived} of {count} messages.")
        return 0 if arrived == count and not any(statuses) else 1
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
