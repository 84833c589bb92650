"""The typed client as a whole: from any document comes code that imports, is typed, laid out well and small."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from codegen.client import Docs, read_client, render_client
from codegen.contract import ContractError, normalise, parse
from codegen.generate import PINNED
from tests.codegen.any_document import documents
from tests.codegen.generated_clients import DOCUMENTS, NAMES, GeneratedClient, contract, importing, put, spec

RUFF = [sys.executable, "-m", "ruff"]


@pytest.mark.slow
def test_every_document_gives_a_client_that_is_laid_out_well(client_of: Callable[[str], GeneratedClient]) -> None:
    folders = [str(client_of(name).folder) for name in [*NAMES, "pinned"]]
    options = ["--isolated", "--line-length", "120", "--target-version", "py311"]
    chosen = ["--select", "F,W,I,UP,B,SIM,C4,RET", "--config", "lint.isort.known-first-party = ['hummingbot_api']"]
    subprocess.run([*RUFF, "check", *options, *chosen, *folders], check=True)
    subprocess.run([*RUFF, "format", "--check", *options, *folders], check=True)


def test_imports_need_no_repair(tmp_path: Path) -> None:
    """The templates write exactly the imports that are needed: what ruff is told to take out is never there."""
    for name in [*NAMES, "pinned"]:
        put(render_client(spec(name)), tmp_path / name)
    subprocess.run([*RUFF, "check", "--isolated", "--select", "F", str(tmp_path)], check=True)


@pytest.mark.slow
def test_passes_the_strict_type_check(client_of: Callable[[str], GeneratedClient], tmp_path: Path) -> None:
    """All documents as one, for mypy is slow; the client of the pinned contract is checked where it is committed."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", str(tmp_path)]
    folder = client_of("all").folder
    done = subprocess.run([*command, "-p", "hummingbot_api"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_is_the_same_in_every_process() -> None:
    code = "from tests.codegen.generated_clients import render_client, spec; print(render_client(spec('all')))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            cwd=DOCUMENTS.parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_has_every_operation_and_every_schema_in_use_of_the_contract(
    client_of: Callable[[str], GeneratedClient],
) -> None:
    client = client_of("pinned")
    assert spec("pinned").operations.keys() == contract("pinned").operations.keys()
    for operation in spec("pinned").operations.values():
        assert callable(getattr(client[f"api.{operation.module}"], operation.function))
    models = {name for path, module in client.modules.items() if ".models." in path for name in vars(module)}
    document = PINNED.read_text(encoding="utf-8")
    used = {name for name in contract("pinned").schemas if f'"#/components/schemas/{name}"' in document}
    assert used - models == set()


def test_is_small(client_of: Callable[[str], GeneratedClient]) -> None:
    files = list((client_of("pinned").folder / "hummingbot_api").rglob("*.py"))
    assert sum(len(file.read_text().splitlines()) for file in files) < 6000
    assert len(files) < 60


def test_models_have_no_dead_variants(client_of: Callable[[str], GeneratedClient]) -> None:
    models = client_of("pinned")["models.trading"]
    assert not hasattr(models.TradeRequest, "from_dict")
    assert not hasattr(models.TradeResponse, "to_dict")
    nested = client_of("schemas")["models.schemas"].Node
    assert hasattr(nested, "from_dict")
    assert hasattr(nested, "to_dict")


def test_carries_curated_sentences_and_no_others() -> None:
    docs = Docs(
        operations={"POST /trading/orders": 'Place an order. Say "yes" with a \\ or """.'},
        fields={("TradeRequest", "amount"): "Base units."},
    )
    files = render_client(read_client(contract("pinned"), docs))
    trading = files["hummingbot_api/api/trading.py"]
    assert "Place an order. Say" in trading
    compile(trading, "trading.py", "exec")
    assert "    #: Base units.\n    amount: Decimal\n" in files["hummingbot_api/models/trading.py"]


def test_imports_no_http_library(client_of: Callable[[str], GeneratedClient]) -> None:
    code = "import sys, hummingbot_api, hummingbot_api.api.trading; sys.exit('httpx' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=client_of("pinned").folder, check=True)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents)
def test_any_document_gives_code_that_imports(raw: dict[str, Any]) -> None:
    try:
        found = read_client(parse(normalise(raw)), Docs())
    except ContractError:
        return
    with tempfile.TemporaryDirectory() as folder:
        put(render_client(found), Path(folder))
        importing(Path(folder))
