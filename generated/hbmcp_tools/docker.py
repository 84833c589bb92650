"""Docker: containers and images on the machine that runs the bots.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any

from hummingbot_api.api import docker as docker_api
from hummingbot_api.models.docker import DockerImage
from hummingbot_api.request import Request


def get_docker_status() -> Request[Any]:
    """Whether the API reaches Docker.

    GET /docker/running, risk: read.
    """
    return docker_api.is_docker_running()


def list_images(
    *,
    image_name: str = "hummingbot",
) -> Request[Any]:
    """Local Docker images whose name contains a text.

    GET /docker/available-images/, risk: read.
    """
    return docker_api.available_images(
        image_name=image_name,
    )


def pull_image(
    *,
    image_name: str,
) -> Request[Any]:
    """Fetch or update a Docker image; get_pull_status shows how it ends.

    POST /docker/pull-image/, risk: write.

    Args:
        image_name: e.g. hummingbot/hummingbot:latest
    """
    return docker_api.pull_image(
        body=DockerImage(
            image_name=image_name,
        )
    )


def get_pull_status() -> Request[Any]:
    """Image pulls: running, completed or failed.

    GET /docker/pull-status/, risk: read.
    """
    return docker_api.get_pull_status()


def list_active_containers(
    *,
    name_filter: str | None = None,
) -> Request[Any]:
    """The machine's running containers; bots with P&L: list_bots.

    GET /docker/active-containers, risk: read.
    """
    return docker_api.active_containers(
        name_filter=name_filter,
    )


def list_exited_containers(
    *,
    name_filter: str | None = None,
) -> Request[Any]:
    """The machine's stopped containers.

    GET /docker/exited-containers, risk: read.
    """
    return docker_api.exited_containers(
        name_filter=name_filter,
    )


def start_container(
    *,
    container_name: str,
) -> Request[Any]:
    """Start a stopped container; a bot in it trades again at once.

    POST /docker/start-container/{container_name}, risk: trade.
    """
    return docker_api.start_container(
        container_name=container_name,
    )


def stop_container(
    *,
    container_name: str,
) -> Request[Any]:
    """Cut a container off, leaving a bot's orders open: stop_bot first.

    POST /docker/stop-container/{container_name}, risk: destructive.
    """
    return docker_api.stop_container(
        container_name=container_name,
    )


def remove_container(
    *,
    container_name: str,
) -> Request[Any]:
    """Remove a container named hummingbot-… and archive its bot's data; better: stop_and_archive_bot.

    POST /docker/remove-container/{container_name}, risk: destructive.
    """
    return docker_api.remove_container(
        container_name=container_name,
    )


def remove_exited_containers() -> Request[Any]:
    """Remove ALL stopped containers of the machine, not only bots, archiving nothing.

    POST /docker/clean-exited-containers, risk: destructive.
    """
    return docker_api.clean_exited_containers()
