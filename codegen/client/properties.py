"""What a property is in Python: openapi-python-client's typed properties -> shapes."""

from openapi_python_client.parser.properties import LiteralEnumProperty, ModelProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty

from codegen.client.lowering import NUMBER_OR_TEXT
from codegen.client.placing import Placement
from codegen.client.shapes import (
    ANYTHING,
    BOOLEAN,
    DECIMAL,
    EXACT_DECIMAL,
    FILE,
    INTEGER,
    NOTHING,
    TEXT,
    Shape,
    array,
    literal,
    mapping,
    union,
)


class Properties:
    """The shapes of properties whose classes and enums are placed."""

    def __init__(self, placement: Placement) -> None:
        self.placement, self.parsed = placement, placement.parsed

    def shape(self, prop: PropertyProtocol, *, files: bool = False) -> Shape:
        """The shape of a property; `files` says that binary text is sent as an upload."""
        match prop:
            case NoneProperty():
                return NOTHING
            case BooleanProperty():
                return BOOLEAN
            case IntProperty():
                return INTEGER
            case FloatProperty():
                return EXACT_DECIMAL if prop.description == NUMBER_OR_TEXT["description"] else DECIMAL
            case FileProperty():
                return FILE if files else TEXT
            case StringProperty():
                return TEXT
            case ConstProperty():
                return literal((prop.value.raw_value,))
            case LiteralEnumProperty():
                return self._enum(prop.class_info.name)
            case ListProperty():
                return array(self.shape(prop.inner_property, files=files))
            case UnionProperty():
                return self._union(prop, files)
            case ModelProperty():
                return self._object(prop.class_info.name, files)
        return ANYTHING

    def _enum(self, key: str) -> Shape:
        if key not in self.placement.titles:
            return literal(self.parsed.components[key].values)
        title = self.placement.titles[key]
        return Shape(title, f"decode.literal({title})", imports=frozenset({self.placement.import_of(key)}))

    def _object(self, key: str, files: bool) -> Shape:
        if self.parsed.components[key].is_class:
            title = self.placement.titles[key]
            imports = frozenset({self.placement.import_of(key)})
            return Shape(title, f"{title}.from_dict", "{}.to_dict()", imports, has_models=True)
        extra = self.parsed.models[key].additional_properties
        return mapping(self.shape(extra, files=files) if extra else ANYTHING)

    def _union(self, prop: UnionProperty, files: bool) -> Shape:
        inner = [one for one in prop.inner_properties if not isinstance(one, NoneProperty)]
        inner.sort(key=self._demands, reverse=True)
        nullable = len(inner) < len(prop.inner_properties)
        return union((self.shape(one, files=files) for one in inner), nullable=nullable)

    def _demands(self, prop: PropertyProtocol) -> int:
        """How many fields a model must have: of the models of a union, the most demanding is tried first."""
        model = self.parsed.models.get(prop.class_info.name) if isinstance(prop, ModelProperty) else None
        return len(model.required_properties or ()) if model else 0
