"""Whatever a contract calls its arguments, each is offered under a name of its own that every model's API takes."""

from hypothesis import example, given
from hypothesis import strategies as st

from codegen.tools.portable import MAX_NAME, declared

# Those that come to the same letters, are words of Python, or are too long from the same beginning on.
ALIKE = (
    "straße",
    "strasse",
    "STRASSE",
    "größe",
    "grosse",
    "窓",
    "庭",
    "p",
    "p_2",
    "class",
    "class_",
    "a<=",
    "a_lte",
    "1",
    "",
)
LONG = st.integers(0, 9).map(lambda end: f"{'x_' * MAX_NAME}{end}")


@given(st.lists(st.sampled_from(ALIKE) | LONG | st.text(max_size=8), unique=True, max_size=12))
@example(list(ALIKE))
def test_each_name_has_one_of_its_own_that_leads_back_to_it(names: list[str]) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": names}
    found, back = declared(schema)
    offered = list(found["properties"])
    assert [back.get(one, (one, {}))[0] for one in offered] == names
    assert found["required"] == offered
    assert all(one.isascii() and 0 < len(one) <= 64 for one in offered)
