"""The typed client's requests: parameters and bodies on the wire."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.codegen.generated_clients import GeneratedClient

JSON = "application/json"


def target(request: httpx.Request) -> str:
    """The path and the query of a built request."""
    return request.url.raw_path.decode().removeprefix("/base")


# Parameters


def test_path_parameters_stay_one_segment(built: Callable[..., httpx.Request]) -> None:
    request = built("parameters", "path", "simple", "a/b ü?#%", Decimal("1E-18"), True)
    assert target(request) == "/simple/a%2Fb%20%C3%BC%3F%23%25/0.000000000000000001/true/"


@pytest.mark.parametrize(("text", "segment"), [("..", "%2E%2E"), (".", "%2E"), ("a.b", "a.b"), ("//", "%2F%2F")])
def test_path_parameters_never_lead_elsewhere(text: str, segment: str, built: Callable[..., httpx.Request]) -> None:
    assert target(built("parameters", "path", "simple", text, Decimal(1), False)) == f"/simple/{segment}/1/false/"


def test_an_empty_path_parameter_is_refused(built: Callable[..., httpx.Request]) -> None:
    with pytest.raises(ValueError, match="empty"):
        built("parameters", "path", "simple", "", Decimal(1), False)


def test_path_styles(built: Callable[..., httpx.Request], client_of: Callable[[str], GeneratedClient]) -> None:
    point = client_of("parameters")["models.shared"].Point(x=1, y=Decimal("0.5"))
    path = "parameters", "path"
    assert target(built(*path, "simple_list", ["a,b", "c"])) == "/simple-list/a%2Cb,c"
    assert target(built(*path, "simple_object", point)) == "/simple-object/x,1,y,0.5"
    assert target(built(*path, "simple_object_exploded", point)) == "/simple-object-exploded/x=1,y=0.5"
    assert target(built(*path, "label", ["a", "b"], ["a", "b"], point)) == "/label/.a,b/.a.b/.x=1.y=0.5"
    assert target(built(*path, "matrix", "a b", ["a", "b"], ["a", "b"], point, point)) == (
        "/matrix/;scalar=a%20b/;list=a,b/;exploded=a;exploded=b/;point=x,1,y,0.5/;x=1;y=0.5"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"flag": True}, "flag=true"),
        ({"flag": False}, "flag=false"),
        ({"count": 0}, "count=0"),
        ({"amount": Decimal("1E-18")}, "amount=0.000000000000000001"),
        ({"exact": Decimal("1E+3")}, "exact=1000"),
        ({"side": "BUY"}, "side=BUY"),
        ({"list_": ["a b", "c&d"]}, "list=a%20b&list=c%26d"),
        ({"list_": []}, ""),
        ({"commas": ["a,b", "c"]}, "commas=a%2Cb,c"),
        ({"commas": []}, ""),
        ({"spaces": ["a", "b"]}, "spaces=a%20b"),
        ({"pipes": [1, 2]}, "pipes=1%7C2"),
        ({"exploded_pipes": [1, 2]}, "exploded-pipes=1&exploded-pipes=2"),
        ({"free": {"a": 1, "b": 2}}, "a=1&b=2"),
        ({"filter_name": "=+ü"}, "filter%5Bname%5D=%3D%2B%C3%BC"),
        ({"anything": ["a", 1]}, "anything=a&anything=1"),
        ({"anything": {"a": {"b": True}}}, "a=%7B%22b%22%3Atrue%7D"),
    ],
)
def test_query_styles(given: dict[str, Any], expected: str, built: Callable[..., httpx.Request]) -> None:
    query = built("parameters", "query", "query", shared="s", **given).url.query.decode()
    assert query == "shared=s" + (f"&{expected}" if expected else "")


def test_query_styles_of_objects(
    built: Callable[..., httpx.Request], client_of: Callable[[str], GeneratedClient]
) -> None:
    client = client_of("parameters")
    point = client["models.shared"].Point(x=1, y=Decimal("0.5"))
    deep = client["models.query"].Filter(name="n", tags=["a", "b"], range=point)
    query = built("parameters", "query", "query", shared="s", deep=deep, form=point, flat=point).url.query.decode()
    assert unquote(query) == (
        "shared=s&deep[name]=n&deep[tags]=a&deep[tags]=b&deep[range][x]=1&deep[range][y]=0.5&x=1&y=0.5&flat=x,1,y,0.5"
    )


def test_headers_and_cookies(built: Callable[..., httpx.Request], client_of: Callable[[str], GeneratedClient]) -> None:
    point = client_of("parameters")["models.shared"].Point(x=1, y=Decimal("0.5"))
    request = built(
        "parameters", "headers", "headers",
        x_request_id="ü", x_ids=[1, 2], x_point=point, x_exploded=point, session="a;b", ids=[1, 2],
    )  # fmt: skip
    sent = {name.decode().lower(): value.decode() for name, value in request.headers.raw}
    assert sent["x-request-id"] == "ü"
    assert sent["x-ids"] == "1,2"
    assert sent["x-point"] == "x,1,y,0.5"
    assert sent["x-exploded"] == "x=1,y=0.5"
    assert sent["cookie"] == "session=a%3Bb; ids=1%2C2"


def test_a_header_can_not_smuggle_another(built: Callable[..., httpx.Request]) -> None:
    with pytest.raises(ValueError, match="control characters"):
        built("parameters", "headers", "headers", x_request_id="a\r\nX-Other: b")


@given(text=st.text(min_size=1))
def test_any_text_survives_in_a_path(text: str, client_of: Callable[[str], GeneratedClient]) -> None:
    segment = client_of("parameters")["encode"].segment
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert unquote(segment(text)) == text
    assert "/" not in segment(text)
    assert segment(text) not in (".", "..")


# Bodies


def test_json_bodies(built: Callable[..., httpx.Request], client_of: Callable[[str], GeneratedClient]) -> None:
    item = client_of("bodies")["models.default"].Item(price=Decimal("0.10"), exact=Decimal("1E-7"))
    text = b'{"price":0.10,"exact":"0.0000001"}'
    cases = [
        (built("bodies", "default", "send_array", [item]), b"[%b]" % text, JSON),
        (built("bodies", "default", "send_array", []), b"[]", JSON),
        (built("bodies", "default", "send_scalar", 0), b"0", JSON),
        (built("bodies", "default", "send_exact", Decimal("0.5")), b'"0.5"', JSON),
        (built("bodies", "default", "send_number", Decimal("0.50")), b"0.50", JSON),
        (built("bodies", "default", "send_free", {}), b"{}", JSON),
        (built("bodies", "default", "send_free", {"a": [None, True, "ü"]}), '{"a":[null,true,"ü"]}'.encode(), JSON),
        (built("bodies", "default", "send_optional", body=item), text, JSON),
        (built("bodies", "default", "send_optional"), b"", None),
        (built("bodies", "default", "send_nullable", None), b"null", JSON),
        (built("bodies", "default", "send_patch", item), text, "application/merge-patch+json"),
    ]
    for request, content, media_type in cases:
        assert (request.content, request.headers.get("Content-Type")) == (content, media_type)


def test_forms(built: Callable[..., httpx.Request], client_of: Callable[[str], GeneratedClient]) -> None:
    login = client_of("bodies")["models.default"].Login(
        username="ü&=", password="p q", scopes=["a", "b"], remember=True, amount=Decimal("1E-7")
    )
    request = built("bodies", "default", "send_form", login)
    assert request.content == (b"username=%C3%BC%26%3D&password=p%20q&scopes=a&scopes=b&remember=true&amount=0.0000001")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert built("bodies", "default", "send_free_form").content == b""
    assert built("bodies", "default", "send_free_form", body={"a": {"b": 1}}).content == b"a=%7B%22b%22%3A1%7D"


def test_uploads(built: Callable[..., httpx.Request], client_of: Callable[[str], GeneratedClient]) -> None:
    models, file = client_of("bodies")["models.default"], client_of("bodies")["request"].File
    body = models.UploadBody(
        file=file(b"\x00\xff", "a.bin"),
        more=[file(b"1"), file(b"2", media_type="text/plain")],
        note="ü",
        size=3,
        item=models.Item(price=Decimal("0.1")),
    )
    request = built("bodies", "default", "upload", body)
    boundary = request.headers["Content-Type"].removeprefix("multipart/form-data; boundary=").encode()
    parts = request.read().split(b"--" + boundary)[1:-1]
    assert [part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for part in parts] == [
        b"\x00\xff", b"1", b"2", "ü".encode(), b"3", b'{"price":0.1}',
    ]  # fmt: skip
    assert b'name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream' in parts[0]
    assert b"Content-Type: text/plain" in parts[2]
    assert b"filename" not in parts[3]


def test_raw_bodies(built: Callable[..., httpx.Request]) -> None:
    octets = built("bodies", "default", "send_octets", b"\x00\xff")
    assert (octets.content, octets.headers["Content-Type"]) == (b"\x00\xff", "application/octet-stream")
    text = built("bodies", "default", "send_text", body="ü")
    assert (text.content, text.headers["Content-Type"]) == ("ü".encode(), "text/plain")
    assert "Content-Type" not in built("bodies", "default", "send_text").headers


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_no_body_holds_what_is_no_number(number: str, built: Callable[..., httpx.Request]) -> None:
    for function in ("send_number", "send_exact"):
        with pytest.raises(ValueError, match="not a"):
            built("bodies", "default", function, Decimal(number))
