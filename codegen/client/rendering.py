"""ClientSpec -> the text of its package in generated/."""

import re
from collections.abc import Iterable

from codegen.client.client_spec import ClientSpec
from codegen.client.shapes import LITERAL_IMPORT, PACKAGE
from codegen.templating import TEMPLATES, environment

STATIC = TEMPLATES / "client" / "static"  # the modules that all clients share, in the first one's package


def render_client(spec: ClientSpec) -> dict[str, str]:
    """The files of the client: path relative to generated/ -> text, not yet formatted."""
    env = environment("client")
    files = {
        "__init__.py": f'"""A typed client: its requests and answers. {PACKAGE} has what sends and reads them."""\n'
    }
    if spec.package == PACKAGE:
        files = {file.name: file.read_text(encoding="utf-8") for file in sorted(STATIC.iterdir())}
    files["py.typed"] = ""
    files["api/__init__.py"] = '"""One module per tag: each function makes the request of one operation."""\n'
    files["models/__init__.py"] = '"""What requests and answers are made of. `shared` is used by several tags."""\n'
    for module, functions in spec.functions.items():
        imports = _import_block((line for function in functions for line in function.imports), spec.package)
        files[f"api/{module}.py"] = env.get_template("api.py.jinja").render(imports=imports, functions=functions)
    for module in sorted(spec.classes.keys() | spec.aliases.keys()):
        classes, aliases = spec.classes.get(module, ()), spec.aliases.get(module, ())
        lines = [line for one in classes for line in one.imports]
        if aliases:
            lines.append(LITERAL_IMPORT)
        files[f"models/{module}.py"] = env.get_template("models.py.jinja").render(
            imports=_import_block((line for line in lines if f".models.{module} " not in line), spec.package),
            classes=classes,
            aliases=aliases,
        )
    return {f"{spec.package}/{path}": text for path, text in files.items()}


def _import_block(lines: Iterable[str], package: str) -> str:
    """Import lines of a module in a package, merged and sorted as ruff does."""
    names: dict[str, set[str]] = {}
    for line in lines:
        module, imported = re.fullmatch(r"from (\S+) import (.+)", line).groups()  # type: ignore[union-attr]
        names.setdefault(module, set()).update(imported.split(", "))
    groups: list[list[str]] = [[], [], []]
    for module in sorted(names):
        rank = 2 if module.split(".")[0] in (PACKAGE, package) else 1 if module == "attrs" else 0
        groups[rank].append(f"from {module} import {', '.join(sorted(names[module], key=_import_order))}")
    return "\n\n".join("\n".join(group) for group in groups if group)


def _import_order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name.lower())
