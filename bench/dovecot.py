"""A throwaway Dovecot on loopback, for the benchmark and the demonstration."""
import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

PASSWORD = "pw"  # of every user; any name is a user

CONFIG = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
listen = 127.0.0.1
protocols = imap
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_vsz_limit = 0
first_valid_uid = 1
first_valid_gid = 1
auth_cache_size = 0
disable_plaintext_auth = no
mail_max_userip_connections = 200
mail_home = {dir}/mail/%u
mail_location = maildir:~/Maildir
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  client_limit = 1000
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 512
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
  unix_listener stats-writer {{
    mode = 0600
  }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def server_identity():
    """User and group for Dovecot: nobody when we are root."""
    name = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    entry = pwd.getpwnam(name)
    return name, grp.getgrgid(entry.pw_gid).gr_name


def as_server():
    if os.geteuid() != 0:
        return {}
    user, group = server_identity()
    return {"user": user, "group": group, "extra_groups": []}


class Dovecot:
    def __init__(self, directory):
        self.dir = directory
        self.imap, self.imaps = free_port(), free_port()
        user, group = server_identity()
        for name in ("run", "state", "mail"):
            (directory / name).mkdir(parents=True)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", directory / "key.pem", "-out", directory / "cert.pem"], check=True, stderr=subprocess.DEVNULL)
        self.config = directory / "dovecot.conf"
        self.config.write_text(CONFIG.format(dir=directory, user=user, group=group, password=PASSWORD, imap=self.imap,
                                             imaps=self.imaps))
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{user}:{group}", directory], check=True)
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", self.config], start_new_session=True, cwd="/",
                                        stdin=subprocess.DEVNULL, **as_server())
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.imap), 10) as s:
                if s.recv(4) == b"* OK":
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"Dovecot does not start:\n{(self.dir / 'dovecot.log').read_text(errors='replace')}")

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def count(self, user):
        """Messages in all mailboxes of a user."""
        text = subprocess.run(["doveadm", "-c", self.config, "mailbox", "status", "-u", user, "messages", "*"], check=True,
                              capture_output=True, text=True, cwd="/", **as_server()).stdout
        return sum(int(line.rsplit("messages=", 1)[1]) for line in text.splitlines() if "messages=" in line)

    def own(self, path):
        """Gives a directory made by us to the server."""
        if os.geteuid() != 0:
            return
        user, group = server_identity()
        for root, _, files in os.walk(path):
            shutil.chown(root, user, group)
            for name in files:
                shutil.chown(os.path.join(root, name), user, group)

    def forget(self, user):
        shutil.rmtree(self.dir / "mail" / user, ignore_errors=True)
