"""Boot a machine once, save its state, and start every article's machine from there.

A template is a directory of the cache, named by the image and by all that its saved state depends
on (QEMU's version and command line, our programs in the guest):

``ramdisk``  what the guest boots with
``memory``   the guest's memory, mapped copy-on-write by every clone
``state``    the state of its processor and devices
``template.json``  what it is of

A clone is a process and nothing else: no file, no socket in the file system. It dies with us.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache as remembered
from pathlib import Path
from typing import IO, Any, NamedTuple

from wordish import cachedir
from wordish.errors import MachineError
from wordish.framed import FramedTerminal
from wordish.machine import accelerator, boot, cache, image, prune
from wordish.machine.tools import QEMU, require
from wordish.model import Machine, User

_ACCOUNTS: tuple[User, ...] = ("root", "user")
_BOOT_SECONDS = {"kvm": 20.0, "tcg": 180.0}
_ANSWER_SECONDS = 30.0
_TAIL = 4096  # bytes of the console that are looked at
_LOG = 1 << 20  # and the most that are kept, about: a guest that floods it is not to fill our disk

_FIRMWARE = (Path("/usr/share/qemu/qboot.rom"), Path("/usr/share/qemu-efi/qboot.rom"))

# mitigations=off and the rest: the guest has no secret to keep from itself, and is faster so.
_KERNEL = (
    "quiet no_timer_check tsc=reliable mitigations=off init_on_alloc=0 hardened_usercopy=off "
    "random.trust_cpu=on cryptomgr.notests nokaslr "
    "audit=0 apparmor=0 panic=-1 net.ifnames=0 8250.nr_uarts=1 console=ttyS0"
)

# What an emulated processor does without: it is not true here that string instructions are fast (erms,
# fsrm), a fifth level of page tables is one more to walk, and the others guard a kernel that keeps nothing.
_EMULATED = "max,-erms,-fsrm,-la57,-smap,-smep,-umip,-pku"

# QEMU may start no program, gain no rights, and use no system call that it has no need of.
_CONFINED = ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")

# The memory file is mapped by the clones, not copied through the saved state.
_MEMORY_STAYS = {"capabilities": [{"capability": "x-ignore-shared", "state": True}]}


class Template(NamedTuple):
    """A machine whose state is saved: ``accel`` is ``kvm`` or ``tcg``, ``why`` says how that was chosen."""

    machine: Machine
    image: Path
    path: Path
    accel: str
    why: str

    @property
    def environment(self) -> Mapping[str, str]:
        """What the machine is: distribution, kernel, accelerator, QEMU's version."""
        name = {"kvm": "KVM", "tcg": "emulation"}[self.accel]
        return {**image.release(self.image), "accelerator": name, "qemu": version()}


@remembered
def version() -> str:
    """QEMU's version, as ``7.2.22``. Raises `MissingToolError` when QEMU is not installed."""
    require(QEMU)
    said = subprocess.run([QEMU.program, "--version"], check=True, capture_output=True, text=True).stdout
    return said.split("version ", 1)[1].split()[0]


def template(machine: Machine, *, say: Callable[[str], None]) -> Template:
    """The machine's template, built and booted now if it is not there.

    Raises `MachineError` when it cannot be built or does not boot.
    """
    require(QEMU)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    if machine.memory > memory:
        raise MachineError(
            f"machine {machine.name} has {machine.memory} MiB of memory, and there are {memory} here",
            hint=f"say less in [tool.wordish.machines.{machine.name}]",
        )
    built = image.build(machine, say=say)
    accel, why = accelerator.choose(QEMU.program, version())
    try:
        return _template(machine, built, accel, why, say=say)
    except _SilentError:
        if accel == "tcg":
            raise
        say(f"machine {machine.name}: does not start under KVM, trying emulation")
        accelerator.distrust(version())
        return _template(machine, built, "tcg", "KVM does not run this machine", say=say)


class _SilentError(MachineError):
    """The guest was started and did not speak in time."""


def _template(machine: Machine, built: Path, accel: str, why: str, *, say: Callable[[str], None]) -> Template:
    programs = [(name, mode, content.decode()) for name, mode, content in boot.guest_files()]
    depends = [_command(machine, accel, built, Path(), share=True), version(), programs]
    if accel == "kvm":
        depends.append(_processor())  # the state holds what the guest knows of it
    path = cachedir.root() / "templates" / f"{built.name}-{cache.key(depends)}"
    made = Template(machine=machine, image=built, path=path, accel=accel, why=why)
    if cache.whole(path):
        return made
    if path.exists():
        say(f"machine {machine.name}: its saved state is damaged, making it again")
    try:
        with cache.locked(path, say=say, waiting=f"machine {machine.name}: waiting for another boot"):
            if not cache.whole(path):
                _need_room(machine)
                say(f"machine {machine.name}: booting it once")
                with cache.making(path) as partial:
                    _boot(made, partial)
                    about = json.dumps(_about(made), indent=1)
                    (partial / "template.json").write_text(about, encoding="utf-8")
                prune.collect(path)
    except OSError as error:
        raise MachineError(
            f"machine {machine.name} could not be saved: {error.strerror or error} ({error.filename})"
        ) from error
    return made


def _about(made: Template) -> dict[str, object]:
    """What a template is of: one that is made later of the same takes its place."""
    machine = made.machine
    described = machine._asdict()
    kept = {key: described[key] for key in ("name", "memory", "disk", "network", "aslr")}
    return {**kept, "accelerator": made.accel, "qemu": version()}


def _need_room(machine: Machine) -> None:
    """QEMU would die of a disk that fills up under the guest's memory, without a word."""
    cachedir.root().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cachedir.root()).free >> 20
    if free < machine.memory:
        raise MachineError(
            f"machine {machine.name} could not be saved: "
            f"its memory is {machine.memory} MiB, {free} MiB are free",
            hint=f"make room in {cachedir.root()}, or set WORDISH_CACHE_DIR",
        )


def _processor() -> str:
    """The first processor's model and features, as the kernel tells them."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n", 1)[0]
    return "\n".join(line for line in told.splitlines() if not line.startswith(("cpu MHz", "bogomips")))


def _boot(made: Template, partial: Path) -> None:
    base = (made.image / "ramdisk-base").read_bytes()
    (partial / "ramdisk").write_bytes(base + boot.cpio(boot.guest_files()))
    command = [*_command(made.machine, made.accel, made.image, partial, share=True), *_CONFINED]
    with (partial / "state").open("wb") as state, _running(command) as guest:
        end = time.monotonic() + _BOOT_SECONDS[made.accel]
        for account in _ACCOUNTS:
            terminal = guest.terminals[account]
            try:
                terminal.ready(timeout=end - time.monotonic())
            except MachineError as error:
                raise _SilentError(
                    f"machine {made.machine.name} does not boot: {error.what}", hint=error.hint
                ) from error
            prompt = b""
            while b":0:" not in prompt:
                before = time.monotonic()
                prompt += terminal.read(max(0.0, end - before))[1]
                if time.monotonic() >= end:
                    raise _SilentError(f"machine {made.machine.name} does not boot", hint=guest.lost())
        guest.order("stop")
        guest.order("migrate-set-capabilities", **_MEMORY_STAYS)
        guest.order("getfd", (state.fileno(),), fdname="state")
        guest.order("migrate", uri="fd:state")
        while (status := guest.order("query-migrate").get("status")) != "completed":
            if status in ("failed", "cancelled") or time.monotonic() >= end:
                raise MachineError(f"the state of machine {made.machine.name} could not be saved: {status}")
            time.sleep(0.01)  # QEMU tells of a migration's end only when asked
        guest.order("quit")


@contextmanager
def clone(made: Template, *, say: Callable[[str], None]) -> Iterator[Guest]:
    """A pristine machine: the template's, with the right time and randomness of its own.

    A template whose files were damaged is made again, once. Raises `MachineError` when the machine
    does not answer.
    """
    with ExitStack() as running:
        before = _identity(made)
        try:
            guest = running.enter_context(_started(made))
        except MachineError as error:
            if not re.search(_DAMAGED, str(error)):
                raise
            say(f"machine {made.machine.name}: its saved state is damaged, making it again")
            with cache.locked(made.path, say=say, waiting="waiting for another boot"):
                if _identity(made) == before:  # nobody else has made it again
                    cache.remove(made.path)
            guest = running.enter_context(_started(template(made.machine, say=say)))
        yield guest


# What QEMU says of a state, or of a memory file, that is not what it saved.
_DAMAGED = r"migration stream|load of migration failed|[Uu]nknown savevm|[Ll]ength mismatch|No such file"


def _identity(made: Template) -> tuple[int, int]:
    try:
        told = (made.path / "state").stat()
    except OSError:
        return 0, 0
    return told.st_ino, told.st_ctime_ns


@contextmanager
def _started(made: Template) -> Iterator[Guest]:
    with cache.used(made.image), cache.used(made.path), _opened(made.path / "state") as state:
        command = [
            *_command(made.machine, made.accel, made.image, made.path, share=False),
            "-incoming", "defer", *_CONFINED,
        ]  # fmt: skip
        with _running(command, state.fileno()) as guest:
            _go(guest, state)
            yield guest


@contextmanager
def incoming(made: Template, devices: bytes) -> Iterator[tuple[Guest, Callable[[], None]]]:
    """A machine with the template's memory that waits for its devices' state, and what gives it that.

    Between the two its memory can be written. It runs afterwards, with the right time and randomness of
    its own. Raises `MachineError` when it does not answer.
    """
    with (
        cache.used(made.image),
        cache.used(made.path),
        tempfile.TemporaryFile(prefix="wordish-devices-") as state,
    ):
        state.write(devices)
        state.seek(0)
        command = [
            *_command(made.machine, made.accel, made.image, made.path, share=False),
            "-global", "migration.send-configuration=off",  # what was saved holds nothing but devices
            "-incoming", "defer", *_CONFINED,
        ]  # fmt: skip
        with _running(command, state.fileno()) as guest:

            def go() -> None:
                _go(guest, state)

            guest.order("query-status")  # it answers when its memory is there
            yield guest, go


def _go(guest: Guest, state: IO[bytes]) -> None:
    """Have a machine that waits for its state take it, and set its clock and its random generator."""
    guest.order("migrate-set-capabilities", **_MEMORY_STAYS)
    guest.order("migrate-incoming", uri=f"fd:{state.fileno()}")
    guest.terminals["root"].renew(seconds=time.time(), entropy=os.urandom(64), timeout=_ANSWER_SECONDS)


def identity(template: Path) -> str:
    """What another template of the same name, that was booted another time, has not.

    Raises `OSError` when its files are not there.
    """
    files = [(template / name).stat() for name in ("memory", "state")]
    return cache.key([(file.st_ino, file.st_mtime_ns, file.st_size) for file in files])


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        yield file


class Guest:
    """A QEMU process, and this side of what it is connected to; ``pid`` is the process's number."""

    def __init__(self, ends: Mapping[str, socket.socket], log: IO[bytes], pid: int) -> None:
        self.pid = pid
        self._log = log
        self._monitor = ends["monitor"]
        self._heard = b""
        self.terminals = {
            account: FramedTerminal(ends[account], lost=self.lost, meanwhile=self._cut_log)
            for account in _ACCOUNTS
        }

    def _tail(self) -> bytes:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _TAIL))
        return self._log.read()

    def _cut_log(self) -> None:
        if os.fstat(self._log.fileno()).st_size > _LOG:
            tail = self._tail()
            self._log.truncate(0)  # QEMU always writes at the end
            self._log.seek(0)
            self._log.write(tail)
            self._log.flush()

    def lost(self) -> str:
        """What QEMU and the guest's kernel said last, for the user."""
        said = self._tail().decode(errors="replace").strip().splitlines()
        return " / ".join(line.strip() for line in said[-3:]) or "the guest said nothing on its console"

    def order(self, name: str, passed: Sequence[int] = (), /, **arguments: object) -> dict[str, Any]:
        """Have QEMU do something, by its monitor's protocol (QMP), and return what it answers.

        ``passed`` are descriptors that go with the order.
        """
        if not self._heard:
            self._answer()  # the greeting
            self._heard += b" "
            self.order("qmp_capabilities")
        order = json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n"
        socket.send_fds(self._monitor, [order], passed)
        while True:
            answer = self._answer()
            if "error" in answer:
                raise MachineError(f"QEMU refused {name}: {answer['error'].get('desc')}")
            if "return" in answer:
                returned: dict[str, Any] = answer["return"]
                return returned

    def _answer(self) -> dict[str, Any]:
        while b"\n" not in self._heard:
            try:
                received = self._monitor.recv(65536)
            except TimeoutError as error:
                raise MachineError("QEMU does not answer", hint=self.lost()) from error
            if not received:
                raise MachineError("QEMU has stopped", hint=self.lost())
            self._heard += received
        line, self._heard = self._heard.split(b"\n", 1)
        self._heard = self._heard or b" "
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def _running(command: list[str], *inherited: int) -> Iterator[Guest]:
    """QEMU, for the length of the block; afterwards it is gone, whatever happened."""
    with ExitStack() as closing:
        log = closing.enter_context(tempfile.TemporaryFile(prefix="wordish-console-"))
        ours, theirs = {}, {}
        for name in ("monitor", *_ACCOUNTS):
            ours[name], theirs[name] = (closing.enter_context(end) for end in socket.socketpair())
            ours[name].settimeout(_ANSWER_SECONDS)
        descriptors = {name: end.fileno() for name, end in theirs.items()}
        connected = [
            "-chardev", f"socket,id=monitor,fd={descriptors['monitor']}",
            "-mon", "chardev=monitor,mode=control",
            "-chardev", f"file,id=console,path=/dev/fd/{log.fileno()},append=on",
            "-serial", "chardev:console",
            "-device", "virtio-serial-pci",
        ]  # fmt: skip
        for account in _ACCOUNTS:
            connected += ["-chardev", f"socket,id={account},fd={descriptors[account]}"]
            connected += ["-device", f"virtserialport,chardev={account},name=wordish.{account}"]
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command, *connected],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_ENVIRONMENT, cwd="/",
            pass_fds=(log.fileno(), *descriptors.values(), *inherited), start_new_session=True,
        )  # fmt: skip
        closing.callback(_end, process)
        for end in theirs.values():
            end.close()
        yield Guest(ours, log, process.pid)


# QEMU needs nothing of ours; the guest cannot see even this.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        process.kill()  # there is nothing to save
    process.wait()


def _command(machine: Machine, accel: str, built: Path, made: Path, *, share: bool) -> list[str]:
    """QEMU's command line: the same for a template and its clones but for ``share``."""
    emulated = {"kvm": "kvm", "tcg": "tcg,tb-size=128"}
    firmware = next((path for path in _FIRMWARE if path.exists()), None)
    mapped = f"mem-path={_escaped(made / 'memory')},share={'on' if share else 'off'}"
    aslr = machine.aslr or accel == "kvm"
    ours = {"disk": machine.disk, "network": int(machine.network), "aslr": int(aslr)}
    return [
        QEMU.program, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-name", f"wordish-{machine.name}",
        "-global", "migration.store-global-state=off",  # a clone runs as soon as its state is loaded
        "-M", "pc,memory-backend=ram", "-accel", emulated[accel],
        "-cpu", "host" if accel == "kvm" else _EMULATED, "-smp", "1", "-m", str(machine.memory),
        "-object", f"memory-backend-file,id=ram,size={machine.memory}M,{mapped}",
        *(["-bios", str(firmware)] if firmware else []),
        "-kernel", str(built / "vmlinuz"), "-initrd", str(made / "ramdisk"),
        "-append", " ".join((_KERNEL, *(f"wordish.{key}={value}" for key, value in ours.items()))),
        "-drive", f"if=none,id=root,file={_escaped(built / 'root.sqfs')},format=raw,readonly=on,cache=unsafe",
        "-device", "virtio-blk-pci,drive=root",
        *(["-nic", "user,model=virtio-net-pci"] if machine.network else []),
    ]  # fmt: skip


def _escaped(path: Path) -> str:
    """A path inside one of QEMU's comma-separated options, where a comma is doubled."""
    return str(path).replace(",", ",,")
