"""HTTPS by a certificate that a person gives."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import hbmcp
from tests.server.http.clients import made, on_paper, process

pytestmark = pytest.mark.slow


def certificate(folder: Path) -> tuple[str, str]:
    """Files of a certificate of 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hbmcp tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(cert), str(private)


def test_it_speaks_https_and_nothing_else(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    env = on_paper(tmp_path)
    made("one", env=env, cwd=tmp_path)
    with process("--tls-cert", cert, "--tls-key", key, env=env, cwd=tmp_path) as (_, url):
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=cert)
        with httpx.Client(trust_env=False, verify=trusting) as http:
            assert http.get(url.replace("/mcp", "/healthz")).text == "ok"
            assert http.post(url, json={}).status_code == 401
        with httpx.Client(trust_env=False) as http, pytest.raises(httpx.HTTPError):
            http.get(url.replace("https", "http"))


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--tls-cert", "{cert}"], "HBMCP_TLS_KEY (--tls-key) isn't set"),
        (["--tls-key", "{key}"], "HBMCP_TLS_CERT (--tls-cert) isn't set"),
        (["--tls-cert", "nowhere.pem", "--tls-key", "{key}"], "can't be used with the key"),
        (["--tls-cert", "{key}", "--tls-key", "{key}"], "can't be used with the key"),
    ],
)
def test_without_a_whole_certificate_it_does_not_start(flags: list[str], told: str, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    filled = [flag.format(cert=cert, key=key) for flag in flags]
    done = hbmcp("serve", "--transport", "http", "--port", "0", *filled, env=on_paper(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
