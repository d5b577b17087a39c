#!/usr/bin/env python3
"""check_layers.py [SRC]: includes point downwards only.

Reads every #include of src/ and compares it with the tables below (docs/architecture.md explains the layers).
Exit 1 and one line for each include that is not allowed.  check_layers.py --self-test checks the checker.
"""
import pathlib
import re
import sys
import tempfile

IMAP_CORE = {"imap", "imap/wire", "imap/grammar", "imap/command", "imap/session", "imap/profile"}
STORE = {"store", "store/wrap"}

# A folder and the folders it may include besides itself.  Whatever is not listed may include nothing.
MAY_INCLUDE = {
    "base": set(),
    "base/os": {"base"},
    "async": {"base"},
    "mail": {"base"},
    "net": {"base", "base/os", "async"},
    **{core: {"base", "mail"} | IMAP_CORE for core in IMAP_CORE},
    "auth/sasl": {"base"},
    "auth/secrets": {"base", "base/os"},
    "auth/oauth": {"base", "base/os", "async", "net"},
    "imap/client": {"base", "mail", "async", "net", "auth/sasl"} | IMAP_CORE,
    "store": {"base", "mail", "async"},
    "store/wrap": {"base", "mail", "async", "store"},
    "store/imap": {"base", "mail", "async", "net", "auth/sasl", "imap/client"} | STORE | IMAP_CORE,
    "store/archive": {"base", "base/os", "mail", "async"} | STORE,
    "store/maildir": {"base", "base/os", "mail", "async"} | STORE,
    "store/memory": {"base", "mail", "async"} | STORE,
    "state": {"base", "base/os", "mail", "async"},
    "sync": {"base", "mail", "async", "state", "store"},
    "watch": {"base", "mail", "async", "state", "store", "sync"},
    "fleet": {"base", "base/os", "mail", "async", "state", "store", "sync", "config"},
    "config": {"base", "base/os", "mail"},
    "app": {
        "base", "base/os", "mail", "async", "net", "imap/client", "auth/sasl", "auth/secrets", "auth/oauth", "store",
        "store/wrap", "store/imap", "store/archive", "store/maildir", "store/memory", "state", "sync", "watch", "fleet",
        "config",
    } | IMAP_CORE,
    "cli": {"base", "base/os", "mail", "config", "app", "cli/render"},
    "cli/render": {"base", "base/os", "mail", "config", "app", "cli"},
    "gui": {"base", "mail", "config", "app"},
}

# Value types of a lower layer that are part of a higher layer's interface: app/job.h speaks them, so faces may.
ALSO_HEADERS = {
    "cli": {"sync/policy.h", "sync/report.h", "fleet/fleet.h", "fleet/list.h"},
    "cli/render": {"sync/policy.h", "sync/report.h", "fleet/fleet.h", "fleet/list.h"},
    "gui": {"sync/policy.h", "sync/report.h", "fleet/fleet.h", "fleet/list.h"},
    "fleet": {"app/job.h"},
}

# A library and the folders that may include its headers.
LIBRARY_FOLDERS = {
    "asio": {"async", "net", "imap/client", "store", "store/wrap", "store/imap", "store/archive", "store/maildir",
             "store/memory", "state", "sync", "watch", "fleet", "app", "auth/oauth"},
    "openssl": {"base", "base/os", "net", "auth/sasl", "auth/oauth"},
    "zlib": {"net", "base"},
    "sqlite": {"state"},
    "SQLiteCpp": {"state"},
    "gsasl": {"auth/sasl"},
    "spdlog": {"app"},
    "toml": {"config"},
    "CLI": {"cli"},
    "nlohmann": {"cli", "cli/render", "config", "auth/oauth", "store/archive", "app", "fleet"},
    "curl": {"auth/oauth"},
    "Q": {"gui"},
}

# Above net and the clients only the coroutine type itself is asio's (sync must not open sockets or timers).
ONLY_AWAITABLE = {"store", "sync"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def library_of(header):
    for library in LIBRARY_FOLDERS:
        if library == "Q":
            if re.match(r"Q[A-Z]\w+(/|$)", header):
                return library
        elif header == library or re.match(rf"{re.escape(library)}(3?\.h|\+\+|/)", header):
            return library
    return None


def check_include(folder, kind, header):
    """Why this include is wrong, or None."""
    if kind == "<":
        library = library_of(header)
        if library and folder not in LIBRARY_FOLDERS[library]:
            return f"<{header}> is for {', '.join(sorted(LIBRARY_FOLDERS[library]))} only"
        if library == "asio" and folder in ONLY_AWAITABLE and header != "asio/awaitable.hpp":
            return f"<{header}>: here only <asio/awaitable.hpp>"
        return None
    target = str(pathlib.PurePosixPath(header).parent)
    if target == folder or target in MAY_INCLUDE[folder] or header in ALSO_HEADERS.get(folder, ()):
        return None
    return f'"{header}": {folder} must not include {target}'


def check(src):
    problems = []
    for path in sorted(p for p in src.rglob("*") if p.suffix in {".h", ".cpp"}):
        folder = str(path.parent.relative_to(src).as_posix())
        if folder not in MAY_INCLUDE:
            problems.append(f"{path}: folder {folder} is not in the table of {pathlib.Path(__file__).name}")
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            found = INCLUDE.match(line)
            if found and (why := check_include(folder, found[1], found[2])):
                problems.append(f"{path}:{number}: {why}")
    return problems


def self_test():
    with tempfile.TemporaryDirectory() as name:
        src = pathlib.Path(name)
        for file, text in {
            "base/a.h": '#include "mail/flag.h"\n',
            "sync/b.cpp": '#include "store/imap/imap_store.h"\n#include "store/store.h"\n#include <asio/steady_timer.hpp>\n',
            "imap/wire/c.cpp": "#include <asio/awaitable.hpp>\n#include <vector>\n",
            "cli/d.cpp": '#include "state/journal.h"\n#include "sync/report.h"\n',
            "new/e.h": "\n",
        }.items():
            (src / file).parent.mkdir(parents=True, exist_ok=True)
            (src / file).write_text(text)
        found = check(src)
    expected = ["base/a.h:1", "cli/d.cpp:1", "imap/wire/c.cpp:1", "new/e.h: folder", "sync/b.cpp:1", "sync/b.cpp:3"]
    assert len(found) == len(expected), found
    for problem, start in zip(found, expected):
        assert start in problem, (problem, start)


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    src = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "src"
    problems = check(src)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
