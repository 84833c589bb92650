"""A reader of rendered answers, written from the grammar in hbmcp.results: what is shown must be readable back."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

NUMBER = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
decoder = json.JSONDecoder(parse_float=Decimal)


class Bare(str):
    """A cell that is a number or a string."""


def read_json(text: str, at: int) -> tuple[Any, int]:
    return decoder.raw_decode(text, at)


def read_name(text: str, at: int) -> tuple[tuple[str, ...], int]:
    keys = []
    while True:
        if text[at] == '"':
            key, at = read_json(text, at)
        else:
            word = re.compile(r"[\w/@+$-]+").match(text, at)
            assert word, text[at:]
            key, at = word[0], word.end()
        keys.append(key)
        if text[at : at + 1] != ".":
            return tuple(keys), at
        at += 1


def read_column(text: str, at: int) -> tuple[tuple[str, ...], str, int]:
    name, at = read_name(text, at)
    mark = re.compile(r"\(UTC(?:,m?s)?\)").match(text, at)
    return (name, mark[0], mark.end()) if mark else (name, "", at)


def read_cell(text: str, at: int) -> tuple[Any, int]:
    if text[at] in '"{[':
        return read_json(text, at)
    end = text.find(" ", at)
    end = len(text) if end < 0 else end
    word = text[at:end]
    return {"-": None, "true": True, "false": False}.get(word, Bare(word)), end


def read_time(cell: str, mark: str, date: str, before: str) -> tuple[Any, str]:
    """The value of a cell in a marked column, and the whole time, or "" for a plain number."""
    if cell.startswith("+") and cell.endswith("s"):
        at = Decimal(before[17:]) + Decimal(cell[1:-1])
        whole = f"{before[:17]}{'0' if at < 10 else ''}{at:f}"
    elif ":" not in cell:
        return Bare(cell), ""
    else:
        whole = cell if cell[10:11] == "T" else f"{date}T{cell}"
    if mark == "(UTC)":
        return f"{whole}Z", whole
    seconds = (datetime.fromisoformat(f"{whole[:19]}+00:00") - EPOCH) // timedelta(seconds=1)
    number = seconds + Decimal(f"0{whole[19:]}")
    return number * (1000 if mark == "(UTC,ms)" else 1), whole


def put(row: dict[str, Any], name: tuple[str, ...], value: Any) -> None:
    if value is not None:
        for key in name[:-1]:
            row = row.setdefault(key, {})
        row[name[-1]] = value


def read_table(lines: list[str]) -> tuple[tuple[str, ...], list[dict[str, Any]], int]:
    """The name, the rows and the number of lines of the table that the first line begins."""
    title, header = lines[0], lines[1]
    assert title.startswith("# ")
    at, name = 2, ()
    if not re.match(r"[0-9]+ (of [0-9]+ )?rows?(,|$)", title[2:]):
        name, at = read_name(title, 2)
        assert title[at : at + 2] == ": "
        at += 2
    count = re.compile(r"([0-9]+)(?: of [0-9]+)? rows?").match(title, at)
    assert count
    at, rows = count.end(), int(count[1])
    constants = []
    if at < len(title):
        assert title[at:].startswith(", in every row: ")
        at += len(", in every row: ")
        while True:
            column, mark, at = read_column(title, at)
            assert title[at] == "="
            cell, at = read_cell(title, at + 1)
            constants.append((column, mark, cell))
            if at == len(title):
                break
            at += 1
    columns, at = [], 0
    while at < len(header):
        column, mark, at = read_column(header, at)
        columns.append((column, mark))
        at += 1
    read, date = [], ""
    for line in lines[2 : 2 + rows]:
        row: dict[str, Any] = {}
        for column, mark, cell in constants:
            put(row, column, read_time(cell, mark, "", "")[0] if mark else cell)
        at, before, index = 0, "", 0
        while at < len(line):
            column, mark = columns[index]
            cell, at = read_cell(line, at)
            if mark and isinstance(cell, Bare):
                cell, whole = read_time(cell, mark, date, before)
                before, date = whole or before, whole[:10] or date
            put(row, column, cell)
            at, index = at + 1, index + 1
        read.append(row)
    assert len(read) == rows
    return name, read, 2 + rows


def read(text: str) -> Any:
    lines = text.split("\n")
    answer: Any = {}
    if not lines[0].startswith("# "):
        answer = decoder.decode(lines.pop(0))
    while lines:
        name, rows, used = read_table(lines)
        lines = lines[used:]
        if not name:
            return rows
        inside = answer
        for key in name[:-1]:
            inside = inside.setdefault(key, {})
        inside[name[-1]] = rows
    return answer


def pruned(value: Any) -> Any:
    """Without what the format gives up: null against absent, in rows and the objects inside them."""
    if isinstance(value, dict) and value:
        kept = {key: child for key, inner in value.items() if (child := pruned(inner)) is not None}
        return kept or None
    return value


def agree(sent: Any, got: Any) -> bool:
    if isinstance(sent, dict):
        return isinstance(got, dict) and sent.keys() == got.keys() and all(agree(sent[key], got[key]) for key in sent)
    if isinstance(sent, list):
        return isinstance(got, list) and len(sent) == len(got) and all(map(agree, sent, got))
    if isinstance(sent, bool) or sent is None:
        return got is sent
    if isinstance(sent, str) and re.fullmatch(r"[-0-9]{10}T[0-9:]{8}(\.[0-9]+)?(Z|\+00:00)", sent):
        moment = [(text[:19], text[19:].replace("+00:00", "Z").rstrip("0Z.")) for text in (sent, got)]
        return moment[0] == moment[1]
    if isinstance(sent, str):
        return isinstance(got, str) and sent == got
    if isinstance(got, Bare):
        return NUMBER.fullmatch(got) is not None and Decimal(got) == sent
    return not isinstance(got, str | bool) and got == sent
