"""Each curated tool is matched with its operation."""

import re
from functools import partial
from typing import Any

from attrs import evolve

from codegen.client import ClientOperation, ClientSpec
from codegen.client.names import Unique
from codegen.contract import Contract
from codegen.curation import Curation, CurationError, Mistake, Param, Risk, Tool
from codegen.likeness import nearest
from codegen.tools.filling import TIME_FUNCTIONS, Call, Filled, any_given, call, fill, fill_fixed
from codegen.tools.params import check, offer
from codegen.tools.portable import declared, hint, is_portable, portable
from codegen.tools.slots import NoSlotError, Slot, Steps, find, slots_of
from codegen.tools.spellings import also
from codegen.tools.tool_spec import ABSENT, OF_THE_BRIDGE, ToolParam, ToolSpec

TIMEOUTS: dict[Risk, float] = {"read": 15, "write": 30, "trade": 30, "destructive": 30, "secret": 30}  # seconds


def build(contract: Contract, curation: Curation, client: ClientSpec) -> tuple[ToolSpec, ...]:
    """Every curated tool, by toolset, in the order of the files.

    Raises:
        CurationError: an override says something that its operation can't do.
    """
    mistakes: list[Mistake] = []
    specs: list[ToolSpec] = []
    for toolset, tools in curation.tools.items():
        for name, tool in tools.items():
            if tool.operation not in contract.operations:
                continue
            builder = _Builder(curation, toolset, name, tool, contract, client.operations[tool.operation])
            specs.append(builder.build())
            mistakes.extend(builder.mistakes)
    if mistakes:
        raise CurationError(mistakes)
    return tuple(specs)


class _Builder:
    """Puts one tool together, collecting what is wrong with its override."""

    def __init__(
        self, curation: Curation, toolset: str, name: str, tool: Tool, contract: Contract, client: ClientOperation
    ) -> None:
        self.curation, self.toolset, self.name, self.tool, self.client = curation, toolset, name, tool, client
        self.slots = slots_of(contract.operations[tool.operation], client, contract.schemas)
        self.mistakes: list[Mistake] = []
        self.offered: list[ToolParam] = []
        self.absent: list[str] = []
        self.filled: list[Filled] = []

    def build(self) -> ToolSpec:
        curated = self._curated()
        names = Unique(self._taken() | self.tool.params.keys())
        for slot in self.slots.values():
            if slot.name not in curated:
                name = names.claim(portable(slot.name))
                self._offer(slot, (), name, Param(description=hint(slot.api_name, name)))
            for name, param, steps in curated.get(slot.name, []):
                self._apply(slot, steps, name, param)
        self.offered.sort(key=lambda param: not param.required)
        self._check_result()
        made = call(self.filled)
        model, model_import = self._body_model(made)
        return ToolSpec(
            name=self.name,
            toolset=self.toolset,
            service=self.curation.name,
            title=self.tool.title,
            description=self.tool.description,
            risk=self.tool.risk,
            operation=self.tool.operation,
            find=tuple(self.tool.find),
            aliases=tuple(self.tool.aliases),
            default=self.tool.default,
            acts_on_many=self.tool.acts_on_many,
            previews=self.tool.previews,
            effect=self._effect(),
            timeout=self.tool.timeout or TIMEOUTS[self.tool.risk],
            result=self._result(),
            params=tuple(self.offered),
            absent=tuple(self.absent),
            also=tuple(also(self.tool)),
            always=self._always(),
            paper=self.tool.paper,
            module=self.client.module,
            function=self.client.function,
            returns=self.client.returns.annotation,
            arguments=made.arguments,
            body_model=model,
            body_fields=made.body_fields,
            body_given=self._body_given(made),
            imports=made.imports | model_import | self.client.returns.imports,
        )

    # Parameters

    def _curated(self) -> dict[str, list[tuple[str, Param, Steps]]]:
        """What is curated of each slot and its parts: slot -> (tool's parameter, its table, part)."""
        curated: dict[str, list[tuple[str, Param, Steps]]] = {}
        for name, param in self.tool.params.items():
            try:
                slot, steps = find(self.slots, param.to or name, self.tool.operation)
            except NoSlotError as error:
                # What is hidden isn't sent anyway; only a name that is near may be mistyped.
                mistyped = nearest(param.to or name, self.slots)
                if not (param.if_there or (param.hidden and not mistyped)):
                    self._wrong(name, str(error))
                elif not (param.hidden or "fixed" in param.model_fields_set):
                    self.absent.append(name)
            else:
                curated.setdefault(slot.name, []).append((name, param, steps))
        return curated

    def _apply(self, slot: Slot, steps: Steps, name: str, param: Param) -> None:
        """A slot is fixed, hidden or offered."""
        schema, required = slot.part(steps)
        if "fixed" in param.model_fields_set:
            check("fixed", param.fixed, schema, partial(self._wrong, name))
            self.filled.append(fill_fixed(slot, steps, param.fixed))
        elif param.hidden:
            if required:
                self._wrong(name, "is required by the API: it can't be hidden, only fixed")
        else:
            if not is_portable(name) or name in self._taken():
                self._wrong(name, "can't be the name of a parameter: not a free Python identifier of ASCII letters")
            if param.base and (name not in ("trading_pair", "trading_pairs") or self.tool.risk != "read"):
                self._wrong(name, "`base` is of a read's trading_pair or trading_pairs")
            self._offer(slot, steps, name, param)

    def _taken(self) -> set[str]:
        """Names that the code of the function needs, and those that the bridge takes."""
        lines = {line for slot in self.slots.values() for line in slot.value.imports}
        if self.client.body and self.client.body.model_import:
            lines.add(self.client.body.model_import)
        imported = {name.strip() for line in lines for name in line.rpartition("import ")[2].split(",")}
        bridges = set() if self.tool.risk == "read" else set(OF_THE_BRIDGE)
        return imported | bridges | {"Decimal", "encode", ABSENT, f"{self.client.module}_api", *TIME_FUNCTIONS.values()}

    def _offer(self, slot: Slot, steps: Steps, name: str, param: Param) -> None:
        offered = offer(name, param, *slot.part(steps), partial(self._wrong, name))
        schema, names = declared(offered.schema)
        self.offered.append(evolve(offered, schema=schema))
        self.filled.append(fill(slot, steps, param, offered, names))

    def _wrong(self, name: str, reason: str) -> None:
        self._mistake("params", name, reason)

    def _mistake(self, table: str, key: str, reason: str) -> None:
        self.mistakes.append(
            Mistake(self.curation.file(f"{self.toolset}.toml"), f"tools.{self.name}.{table}", key, reason)
        )

    def _always(self) -> tuple[str, ...]:
        """What it sends whatever it is given, by the API's names."""
        required = {param.name for param in self.offered if param.required}
        filled = [one for one in self.filled if one.left_out is None and one.name not in required]
        return tuple(dict.fromkeys(one.slot.api_name for one in filled))

    # The body

    def _body_model(self, made: Call) -> tuple[str | None, frozenset[str]]:
        """The class that the body is made with, and the line that imports it."""
        body = self.client.body
        if body is None or not (made.body_fields or (body.fields and body.required)):
            return None, frozenset()
        return body.model, frozenset({body.model_import} if body.model_import else ())

    def _body_given(self, made: Call) -> str | None:
        """The condition for sending an optional body: one of its fields is given, and none always is."""
        body = self.client.body
        if body is None or body.required:
            return None
        optional = [param for param in self.offered if param.default in (None, ABSENT) and not param.required]
        used = [one for one in optional if any(re.search(rf"\b{one.name}\b", text) for _, text in made.body_fields)]
        return any_given(used) if len(used) == len(made.body_fields) else None

    # What it does

    def _effect(self) -> dict[str, str]:
        """The curated table, whose places are parameters of the tool."""
        if self.tool.effect is None:
            return {}
        names = {param.name for param in self.offered}
        for key, place in self.tool.effect.places.items():
            if (name := place.partition(".")[0]) not in names:
                self._mistake("effect", key, f"the tool has no parameter {name!r}{nearest(name, names)}")
        return self.tool.effect.table()

    # The result

    def _result(self) -> dict[str, Any]:
        """The curated table; when a result is cut, any optional parameter may narrow it if nothing else is said."""
        result = self.tool.result.table()
        optional = [
            param.name for param in self.offered if not param.required and param.schema.get("type") != "boolean"
        ]
        if "narrow" not in result and optional:
            result["narrow"] = optional
        return result

    def _check_result(self) -> None:
        names = {param.name for param in self.offered}
        result = self.tool.result
        for key, used in (("page", [result.page] if result.page else []), ("narrow", result.narrow or [])):
            for name in used:
                if name not in names:
                    self._mistake("result", key, f"the tool has no parameter {name!r}{nearest(name, names)}")
