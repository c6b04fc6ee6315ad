"""Podman with runc, in a folder of its own: images, a compose project, and what its containers say."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

NEEDED = ("podman", "runc", "debootstrap", "iptables")
_START_SECONDS = 300
_NOTHING_FILES = 4096
_MOST_PROCESSES = 4096


class NotRun(Exception):
    """What keeps the check from being run here, or what went wrong in it: a sentence."""


def missing_programs() -> list[str]:
    """The Debian packages whose programs aren't here."""
    return [each for each in NEEDED if shutil.which(each) is None]


class Engine:
    """Everything that podman keeps is in `folder`; nothing of the machine's own containers is touched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        files = min(_NOTHING_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        processes = min(_MOST_PROCESSES, resource.getrlimit(resource.RLIMIT_NPROC)[1])
        # A limit above the caller's own can't be set, and crun refuses hybrid control groups.
        (folder / "containers.conf").write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
            '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n'
            '[network]\nnetwork_backend = "netavark"\n'
            f'network_config_dir = "{folder / "networks"}"\n'
        )
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{folder / "graph"}"\nrunroot = "{folder / "run"}"\n'
        )
        self._environment = {
            **os.environ,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }

    def podman(self, *words: str, within: float = 900, check: bool = True) -> subprocess.CompletedProcess[str]:
        """One command; NotRun with its last lines where it fails and `check` says so."""
        return self.run(["podman", *words], within, check)

    def run(self, command: Sequence[str], within: float, check: bool) -> subprocess.CompletedProcess[str]:
        """A program that finds this engine's folder, podman or one that calls it."""
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=within, check=False
        )
        if check and done.returncode != 0:
            raise NotRun(f"{' '.join(command)[:200]}: {(done.stderr or done.stdout).strip()[-1500:]}")
        return done

    def has_image(self, name: str) -> bool:
        """Whether an image of this name is there."""
        return self.podman("image", "exists", name, check=False).returncode == 0

    def build(self, name: str, file: Path, context: Path, *more: str) -> None:
        """Build an image with the machine's own network, package lists and certificates."""
        mounts = [word for mount in self._mounts() for word in ("-v", mount)]
        words = ["build", "-q", "--network", "host", *mounts, "-f", str(file), "-t", name, *more, str(context)]
        self.podman(*words, within=1500)

    def _mounts(self) -> Iterable[str]:
        """How this machine reaches its package registries: mounted while building, in no image."""
        bundle = "/etc/ssl/certs/ca-certificates.crt"
        pip, uv, apt = (self.folder / name for name in ("pip.conf", "uv.toml", "apt.conf"))
        pip.write_text(f"[global]\ncert = {bundle}\n")
        uv.write_text("native-tls = true\n")
        apt.write_text('Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n')
        yield f"{bundle}:{bundle}:ro"
        yield f"{pip}:/etc/pip.conf:ro"
        yield f"{uv}:/etc/uv/uv.toml:ro"
        yield f"{apt}:/etc/apt/apt.conf.d/99compose-check:ro"


class Project:
    """One compose file, brought up container by container in the order that its `depends_on` says."""

    def __init__(self, engine: Engine, compose: Path, env: Path) -> None:
        self._engine, self._compose, self._env = engine, compose, env
        self.services: dict[str, dict[str, Any]] = yaml.safe_load(compose.read_text("utf-8"))["services"]
        self._name = "market-compose-check"

    def _podman_compose(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        program = [str(self._engine.folder / "podman-compose" / "bin" / "podman-compose")]
        told = ["-f", str(self._compose), "--env-file", str(self._env), "-p", self._name]
        return self._engine.run([*program, *told, *words], 300, check)

    def up(self, say: Any) -> int:
        """Start everything of the default profile; how many containers there are."""
        wanted = [name for name, told in self.services.items() if "profiles" not in told]
        started: list[str] = []
        while waiting := [name for name in wanted if name not in started]:
            ready = [name for name in waiting if set(self.services[name].get("depends_on", {})) <= set(started)]
            self._podman_compose("up", "-d", "--no-deps", "--no-build", *ready)
            for name in ready:
                say(f"  {name:<24} {self.wait(name)}")
            started += ready
        return len(started)

    def container(self, service: str) -> str:
        """The name of a service's container."""
        labels = [f"com.docker.compose.service={service}", f"com.docker.compose.project={self._name}"]
        words = [word for label in labels for word in ("--filter", f"label={label}")]
        found = self._engine.podman("ps", "-a", *words, "--format", "{{.Names}}").stdout.split()
        if not found:
            raise NotRun(f"{service} has no container")
        return found[0]

    def wait(self, service: str, seconds: float = _START_SECONDS) -> str:
        """Return once it is healthy, or has ended with status 0 where it is to end; NotRun with its log else."""
        name, began = self.container(service), time.monotonic()
        ends = "healthcheck" not in self.services[service]
        while time.monotonic() - began < seconds:
            state = json.loads(self._engine.podman("inspect", name, "--format", "{{json .State}}").stdout)
            over = state["Status"] in ("exited", "stopped")
            if ends and over and state["ExitCode"] == 0:
                return f"done in {time.monotonic() - began:.0f} s"
            # There is no systemd here whose timers would do it.
            if not ends and not over and self._engine.podman("healthcheck", "run", name, check=False).returncode == 0:
                return f"healthy after {time.monotonic() - began:.0f} s"
            time.sleep(1)
        raise NotRun(f"{service} isn't {'done' if ends else 'healthy'} after {seconds:.0f} s:\n{self.log(service)}")

    def log(self, service: str) -> str:
        """The end of what it wrote."""
        done = self._engine.podman("logs", "--tail", "40", self.container(service), check=False)
        return (done.stdout + done.stderr)[-3000:]

    def kill(self, service: str) -> None:
        """SIGKILL; return once its network is taken down, which would else meet with the next start's."""
        name = self.container(service)
        self._engine.podman("kill", "-s", "KILL", name)
        self._engine.podman("wait", name)
        self._engine.podman("container", "cleanup", name, check=False)

    def start(self, service: str) -> None:
        """Start its container again, as a restart policy does where an engine runs all the time."""
        self._engine.podman("start", self.container(service))

    def inside(self, service: str, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in its container."""
        return self._engine.podman("exec", self.container(service), *command, check=check)

    def operate(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`marketctl` of the profile for persons."""
        return self._podman_compose(
            "--profile", "operate", "run", "--rm", "--no-deps", "-T", "operate", *words, check=False
        )

    def down(self) -> None:
        """Take it down, its data included."""
        self._podman_compose("--profile", "operate", "down", "-v", "-t", "20", check=False)
