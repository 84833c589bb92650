"""generated/ is replaced whole or not at all, whatever happens meanwhile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import render
from codegen.generate import ROOT

KILLED = """
import os, sys
from pathlib import Path
from codegen import render

folder, moment = Path(sys.argv[1]), sys.argv[2]
rename, renames = Path.rename, []

def dying(self, target):
    renames.append(target)
    if moment == f"before rename {len(renames)}":
        os._exit(9)
    result = rename(self, target)
    if moment == f"after rename {len(renames)}":
        os._exit(9)
    return result

def fill(new):
    (new / "a.py").write_text("new = 1")
    if moment == "while filling":
        os._exit(9)
    (new / "b.py").write_text("new = 2")

Path.rename = dying
render.replace(folder / "generated", fill)
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "generated"
    folder.mkdir()
    (folder / "a.py").write_text("old = 1")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_exchanges_the_folders(target: Path) -> None:
    render.replace(target, lambda new: (new / "b.py").write_text("new = 1") and None)
    assert names(target) == ["b.py"]
    assert names(target.parent) == ["generated"]


def test_a_failure_leaves_the_old_folder(target: Path) -> None:
    def fill(new: Path) -> None:
        (new / "b.py").write_text("half")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        render.replace(target, fill)
    assert (target / "a.py").read_text() == "old = 1"
    assert names(target.parent) == ["generated"]


def test_a_failing_exchange_puts_the_old_folder_back(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if to == target and "-new-" in self.name:
            raise PermissionError("no")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PermissionError):
        render.replace(target, lambda new: (new / "b.py").write_text("new") and None)
    assert names(target) == ["a.py"]
    assert names(target.parent) == ["generated"]


@pytest.mark.parametrize(
    ("moment", "whole"),
    [
        ("while filling", ["a.py"]),
        ("before rename 1", ["a.py"]),
        ("after rename 1", ["a.py"]),
        ("before rename 2", ["a.py"]),
        ("after rename 2", ["a.py", "b.py"]),
    ],
)
def test_killed_at_any_moment_the_folder_is_whole(target: Path, moment: str, whole: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(target.parent), moment], env=environment, check=False)
    assert done.returncode == 9
    render.recover(target)
    assert names(target) == whole
    assert not (target.parent / ".generated-old").exists()


def test_code_that_does_not_import_is_refused(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").write_text("")
    (tmp_path / "package/module.py").write_text("from package import nothing")
    with pytest.raises(render.RenderError, match="cannot import name 'nothing'"):
        render.prove(tmp_path, ROOT / "src")


def test_text_that_is_not_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(render.RenderError, match=r"module\.py"):
        render.write({"module.py": "def ("}, tmp_path)


def test_says_which_files_differ(tmp_path: Path) -> None:
    expected, actual = tmp_path / "expected", tmp_path / "actual"
    for folder, files in (expected, {"a": "1", "b": "1"}), (actual, {"b": "2", "c": "1", "d.pyc": ""}):
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
    assert render.differences(expected, actual) == ["a: missing", "c: not generated any more", "b: differs"]
