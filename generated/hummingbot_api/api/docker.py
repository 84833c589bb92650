from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.docker import DockerImage
from hummingbot_api.request import Request


def active_containers(*, name_filter: str | None = None) -> Request[Any]:
    """The machine's running containers; bots with P&L: list_bots.

    GET /docker/active-containers
    """
    return Request(
        "GET", "/docker/active-containers", query=encode.form({"name_filter": name_filter}), parse=decode.anything
    )


def available_images(*, image_name: str | None = None) -> Request[Any]:
    """Local Docker images whose name contains a text.

    GET /docker/available-images/
    """
    return Request(
        "GET", "/docker/available-images/", query=encode.form({"image_name": image_name}), parse=decode.anything
    )


def clean_exited_containers() -> Request[Any]:
    """Remove ALL stopped containers of the machine, not only bots, archiving nothing.

    POST /docker/clean-exited-containers
    """
    return Request("POST", "/docker/clean-exited-containers", parse=decode.anything)


def exited_containers(*, name_filter: str | None = None) -> Request[Any]:
    """The machine's stopped containers.

    GET /docker/exited-containers
    """
    return Request(
        "GET", "/docker/exited-containers", query=encode.form({"name_filter": name_filter}), parse=decode.anything
    )


def get_pull_status() -> Request[Any]:
    """Image pulls: running, completed or failed.

    GET /docker/pull-status/
    """
    return Request("GET", "/docker/pull-status/", parse=decode.anything)


def is_docker_running() -> Request[Any]:
    """Whether the API reaches Docker.

    GET /docker/running
    """
    return Request("GET", "/docker/running", parse=decode.anything)


def pull_image(body: DockerImage) -> Request[Any]:
    """Fetch or update a Docker image; get_pull_status shows how it ends.

    POST /docker/pull-image/
    """
    return Request("POST", "/docker/pull-image/", json=body.to_dict(), parse=decode.anything)


def remove_container(
    container_name: str, *, archive_locally: bool | None = None, s3_bucket: str | None = None
) -> Request[Any]:
    """Remove a container named hummingbot-… and archive its bot's data; better: stop_and_archive_bot.

    POST /docker/remove-container/{container_name}
    """
    return Request(
        "POST",
        encode.path("/docker/remove-container/{}", container_name),
        query=encode.form({"archive_locally": archive_locally, "s3_bucket": s3_bucket}),
        parse=decode.anything,
    )


def start_container(container_name: str) -> Request[Any]:
    """Start a stopped container; a bot in it trades again at once.

    POST /docker/start-container/{container_name}
    """
    return Request("POST", encode.path("/docker/start-container/{}", container_name), parse=decode.anything)


def stop_container(container_name: str) -> Request[Any]:
    """Cut a container off, leaving a bot's orders open: stop_bot first.

    POST /docker/stop-container/{container_name}
    """
    return Request("POST", encode.path("/docker/stop-container/{}", container_name), parse=decode.anything)
