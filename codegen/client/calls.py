"""Pieces of code for functions that make requests: their arguments, and those of `Request(...)`."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

from attrs import frozen

from codegen.client.shapes import Shape, or_none, quoted
from codegen.contract import Body, Encoding, Parameter, essence, is_json

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@frozen
class Argument:
    """A parameter of the contract as one of the function."""

    of: Parameter
    name: str
    shape: Shape

    @property
    def sent(self) -> str:
        """The JSON value that the styles in encode.py take."""
        if not self.shape.has_models:
            return self.name
        return self.shape.encoded(self.name, may_be_none=not self.of.required)


def signature(arguments: list[Argument], body: Body | None, shape: Shape | None) -> Iterator[str]:
    """The path's parameters and a required body by position, all others by name, optional ones last."""
    yield from (f"{one.name}: {one.shape.full_annotation}" for one in arguments if one.of.location == "path")
    if body and shape and body.required:
        yield f"body: {shape.full_annotation}"
    others = sorted((one for one in arguments if one.of.location != "path"), key=lambda one: not one.of.required)
    optional_body = bool(body and shape and not body.required)
    if others or optional_body:
        yield "*"
    for one in others:
        if one.of.required:
            yield f"{one.name}: {one.shape.full_annotation}"
        else:
            yield f"{one.name}: {or_none(one.shape)} = None"
    if shape and optional_body:
        yield f"body: {or_none(shape)} = None"


def path_expression(path: str, arguments: list[Argument]) -> str:
    """An expression for the path, with its parameters encoded."""
    by_name = {one.of.name: one for one in arguments if one.of.location == "path"}
    pieces = re.split(r"\{([^{}]*)\}", path)
    fixed = [quote(piece, safe="/%:@!$&()*+,;=~") for piece in pieces[::2]]
    if not by_name:
        return quoted(fixed[0])
    if all(one.of.style == "simple" and not one.of.explode and not one.of.is_json for one in by_name.values()):
        values = [by_name[name].sent for name in pieces[1::2]]
        return f"encode.path({quoted('{}'.join(fixed))}, {', '.join(values)})"
    filled = ["{" + _path_parameter(by_name[name]) + "}" for name in pieces[1::2]]
    return 'f"' + "".join(piece for pair in zip(fixed, [*filled, ""], strict=True) for piece in pair) + '"'


def _path_parameter(one: Argument) -> str:
    if one.of.is_json:
        return f"encode.segment(encode.json_text({one.sent}))"
    explode = ", explode=True" if one.of.explode else ""
    match one.of.style:
        case "label":
            return f"encode.label({one.sent}{explode})"
        case "matrix":
            return f"encode.matrix('{quote(one.of.name, safe='')}', {one.sent}{explode})"
    return f"encode.segment({one.sent}{explode})"


def encoded_parameters(arguments: list[Argument]) -> str:
    """The parameters of one place, those of like style together."""
    groups: list[tuple[str, str, list[str]]] = []
    for one in arguments:
        layout = _layout(one.of)
        if not groups or groups[-1][:2] != layout:
            groups.append((*layout, []))
        groups[-1][2].append(f"{quoted(one.of.name)}: {one.sent}")
    return " + ".join(f"{before}{{{', '.join(entries)}}}{after}" for before, after, entries in groups)


def _layout(parameter: Parameter) -> tuple[str, str]:
    """The call that writes parameters: what stands before them, and behind."""
    function, options = _style(parameter)
    if parameter.is_json:
        return f"encode.{function}(encode.as_json(", f"){options})"
    return f"encode.{function}(", f"{options})"


def _style(parameter: Parameter) -> tuple[str, str]:
    """The function of encode.py for a style, and its options."""
    if parameter.location == "header":
        return "header", ", explode=True" if parameter.explode else ""
    if parameter.location == "cookie":
        return "cookie", ""
    separator = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(parameter.style)
    if separator and not parameter.explode:
        return "delimited", f", {quoted(separator)}"
    if parameter.style == "deepObject":
        return "deep_object", ""
    return "form", "" if parameter.explode else ", explode=False"


def body_arguments(body: Body, shape: Shape) -> list[str]:
    """The arguments of `Request(...)` that carry the body."""
    media_type = essence(body.media_type)
    value = shape.encoded("body", may_be_none=not body.required)
    if is_json(body.media_type):
        if body.required and shape.nullable:
            return [f"content=exact_json.dumps({value})", 'media_type="application/json"']
        special = [] if media_type in ("application/json", "*/*") else [f"media_type={quoted(body.media_type)}"]
        return [f"json={value}", *special]
    absent = "" if body.required else "None if body is None else "
    encoded = shape.encoded("body", may_be_none=False)
    if media_type == FORM:
        return [f"form={absent}encode.fields({encoded}{_said(body, _form_style)})"]
    if media_type == MULTIPART:
        return [f"files={absent}encode.parts({encoded}{_said(body, lambda encoding: encoding.media_type)})"]
    content = f"{absent}body.encode()" if media_type.startswith("text/") else "body"
    return [f"content={content}", f"media_type={quoted(_concrete(body.media_type))}"]


def _said(body: Body, of: Callable[[Encoding], str | None]) -> str:
    """A further argument: what the contract says of a form's fields, by name; none where it says nothing."""
    said = {name: value for name, encoding in body.encoding.items() if (value := of(encoding))}
    return f", {{{', '.join(f'{quoted(name)}: {quoted(value)}' for name, value in said.items())}}}" if said else ""


def _form_style(encoding: Encoding) -> str | None:
    """The style as encode.fields names it."""
    if encoding.style is None:
        return "json" if encoding.media_type and is_json(encoding.media_type) else None
    if encoding.style == "deepObject" or encoding.explode:
        return "deepObject" if encoding.style == "deepObject" else "form"
    return {"spaceDelimited": " ", "pipeDelimited": "|"}.get(encoding.style, ",")


def has_json_value(body: Body) -> bool:
    """Whether a body is made of a JSON value: JSON, and forms."""
    return is_json(body.media_type) or essence(body.media_type) in (FORM, MULTIPART)


def _concrete(media_type: str) -> str:
    return "application/octet-stream" if "*" in media_type else media_type
