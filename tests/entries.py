"""Entries of a cache that nobody could boot or go on from, and that were used so many days ago."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from wordish import cachedir, document, shelf
from wordish.machine import cache, image, qemu
from wordish.model import Machine

HERE, OTHER = Machine(name="here"), Machine(name="other", packages=("lvm2",))
DAY = 86400


def built(machine: Machine, *, days: float = 0, **about: object) -> Path:
    """An image of 1 MB that was used so many days ago."""
    path = image.path_of(machine)
    with cache.making(path) as partial:
        (partial / "root.sqfs").write_bytes(os.urandom(1_000_000))
        values = {"name": machine.name, **image.describe(machine), **about}
        (partial / "image.json").write_text(json.dumps(values))
    return aged(path, days)


def template(machine: Machine, key: str, *, days: float = 0, memory: int = 768) -> Path:
    """A template of 1 MB of that machine, made and used so many days ago."""
    path = cachedir.root() / "templates" / f"{image.path_of(machine).name}-{key * 16}"
    with cache.making(path) as partial:
        (partial / "memory").write_bytes(os.urandom(1_000_000))
        (partial / "state").touch()
        about = {"name": machine.name, "memory": memory, "disk": 512, "network": False, "accelerator": "tcg"}
        (partial / "template.json").write_text(json.dumps(about))
    return aged(path, days)


def aged(path: Path, days: float) -> Path:
    when = time.time() - days * DAY
    (path / "used").touch()
    for file in path.iterdir():
        os.utime(file, (when, when))
    return path


def checkpoints(article: Path, made: Path, *, days: float = 0, machine: Machine = HERE) -> Path:
    """Checkpoints of 1 MB of an article in a machine of that template."""
    article.touch()
    of = qemu.Template(machine=machine, image=Path(), path=made, accel="tcg", why="")
    folder = shelf.place(str(article), of)
    folder.mkdir(parents=True)
    shelf.mark(folder, str(article), of)
    (folder / "contents").write_bytes(os.urandom(1_000_000))
    when = time.time() - days * DAY
    os.utime(folder / "about", (when, when))
    return folder


def reading(folder: Path, *, days: float = 0) -> Path:
    """What is kept of an article of this folder that was read, almost 1 MB."""
    readings = cachedir.root() / "readings"
    before = {*readings.glob("*")}
    while not (slots := {*readings.glob("*")} - before):  # two may fall on the same one
        article = folder / f"{os.urandom(4).hex()}.console"
        article.write_text(f"~$ echo {'x' * 480_000}\n")
        document.read(str(article))
    (slot,) = slots
    when = time.time() - days * DAY
    os.utime(slot, (when, when))
    return slot
