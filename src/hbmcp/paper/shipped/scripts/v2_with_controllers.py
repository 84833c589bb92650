"""Runs the controllers whose configurations it is given."""

from pydantic import BaseModel


class V2WithControllersConfig(BaseModel):
    """`controllers_config`: file names of controllers' configurations."""

    script_file_name: str = ""
    controllers_config: list[str] = []
