"""The tools that the conformance suite calls by their names."""

import asyncio

from mcp.types import AudioContent, ContentBlock, EmbeddedResource, ImageContent, TextContent, TextResourceContents

from hbmcp.plugins import mcp

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
SECONDS = 1.0  # in which a call is reported on several times


def image() -> ImageContent:
    return ImageContent(type="image", data=PNG, mime_type="image/png")


def resource(uri: str) -> EmbeddedResource:
    text = TextResourceContents(uri=uri, mime_type="application/json", text='{"bids": 1, "asks": 2}')
    return EmbeddedResource(type="resource", resource=text)


@mcp.tool(reads=True)
async def test_simple_text() -> str:
    """A line of text."""
    return "One line of text."


@mcp.tool(reads=True)
async def test_image_content() -> ImageContent:
    """A picture."""
    return image()


@mcp.tool(reads=True)
async def test_audio_content() -> AudioContent:
    """A sound."""
    return AudioContent(type="audio", data=WAV, mime_type="audio/wav")


@mcp.tool(reads=True)
async def test_embedded_resource() -> EmbeddedResource:
    """A resource within an answer."""
    return resource("test://embedded-resource")


@mcp.tool(reads=True)
async def test_multiple_content_types() -> list[ContentBlock]:
    """Text, a picture and a resource."""
    return [TextContent(type="text", text="Three of a kind:"), image(), resource("test://mixed-content-resource")]


@mcp.tool(reads=True)
async def test_error_handling() -> str:
    """An error."""
    raise RuntimeError("as asked")


@mcp.tool(reads=True)
async def test_tool_with_progress() -> str:
    """So slow that it is reported on."""
    await asyncio.sleep(SECONDS)
    return "Done."


@mcp.tool(reads=True)
async def test_logging_tool() -> str:
    """What would log, if hbmcp's tools did."""
    print("printed")
    return "Done."


@mcp.tool(reads=True)
async def test_of_template(name: str) -> str:
    """What stands at an address of a template."""
    return f"What is called {name}."


# These act, and the policy beside this has a person asked before.


@mcp.tool()
async def test_elicitation(message: str) -> str:
    """What is done once a person has said yes."""
    return message


@mcp.tool()
async def test_streaming_elicitation() -> str:
    """The same."""
    return "Done."


@mcp.tool()
async def test_input_required_result_elicitation() -> str:
    """The same."""
    return "Done."


@mcp.tool()
async def test_input_required_result_request_state() -> str:
    """The same."""
    return "Done."


@mcp.tool()
async def test_input_required_result_tampered_state() -> str:
    """The same."""
    return "Done."
