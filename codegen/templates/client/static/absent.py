"""What is left out, told from what is null: of a field where None is sent as null."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Absent(Enum):
    """The type of ABSENT."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
