"""Proxies and certificates of the environment: what cannot be used is refused at the start."""

import os
from pathlib import Path
from typing import Final

import certifi
import pytest
from command_runs import Done, on, run, run_process

from runs_mcp.sandbox import Sandbox

PASSWORD: Final = "hush-hush"
API: Final = {"CURRENTS_API_KEY": "a-key-of-currents", "CURRENTS_API_URL": "https://api.invalid/v1"}
WRONG_PROXIES: Final = (
    ":bar",
    "http://:bar",
    "http://",
    "://",
    "ftp://proxy.example",
    "ftp://x",
    "http:/proxy.example",
    "http:proxy.example",
    "proxy.example:",
    "socks4://127.0.0.1:1",
    "file:///etc/hosts",
    "http://proxy.example:0",
    "http://proxy.example:99999",
    f"http://operator:{PASSWORD}@proxy.example:port",
    f"http://operator:{PASSWORD}",
    f"http://operator:{PASSWORD}#@proxy.example:3128",
    "http://proxy example",
    " http://proxy.example",
    "http://proxy.example\n",
    "http://300.300.300.300:3128",
    "http://xn--:3128",
    "http://xn--a.example:3128",
    "http://[::1:3128",
    "http://[::g]:3128",
    "http://пример.example",
    "http://proxy..example",
    "http://\udcff",
    "a" * 70_000,
)


def start(**variables: str) -> Done:
    """Runs a command that ends with 1 at once where everything can be used."""
    return run("call", "no_such_tool", **{**API, **variables})


def assert_refused(done: Done, variable: str) -> None:
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"runs-mcp: {variable}: ")
    assert line.isprintable()
    assert PASSWORD not in line


def assert_started(done: Done) -> None:
    assert done.returncode == 1
    assert "There is no tool" in done.stderr


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_that_is_none_is_refused_by_the_name_of_its_variable(variable: str) -> None:
    for proxy in WRONG_PROXIES:
        assert_refused(start(**{variable: proxy}), variable)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_the_proxy_of_an_api_without_tls_is_another_one(variable: str) -> None:
    assert_refused(start(CURRENTS_API_URL="http://api.invalid/v1", **{variable: ":bar"}), variable)
    assert_started(start(**{variable: ":bar"}))


@pytest.mark.parametrize(
    "proxy",
    [
        "http://proxy.example:3128",
        "proxy.example:3128",
        "proxy.example",
        "127.0.0.1:3128",
        "http://[::1]:3128/",
        "https://proxy.example",
        f"http://operator:{PASSWORD}@proxy.example:3128",
        "http://operator:p%40ss%2Fword@proxy.example:3128",
        "HTTP://PROXY.EXAMPLE:3128",
        "http://my_proxy:3128",
    ],
)
def test_a_proxy_is_taken_in_every_form(proxy: str) -> None:
    assert_started(start(HTTPS_PROXY=proxy))


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTPS_PROXY", "all_proxy"])
def test_a_socks_proxy_says_what_it_needs(variable: str) -> None:
    done = start(**{variable: "socks5://127.0.0.1:1080"})
    assert_refused(done, variable)
    assert "socksio" in done.stderr


def test_a_proxy_that_is_not_used_holds_nothing_up(sandbox: Sandbox) -> None:
    assert_started(start(HTTPS_PROXY="http://proxy.example", ALL_PROXY="socks5://127.0.0.1:1"))
    assert_started(start(https_proxy="http://proxy.example", HTTPS_PROXY=":bar"))
    assert_refused(start(https_proxy=":bar", HTTPS_PROXY=":bar"), "https_proxy")
    assert_started(start(HTTPS_PROXY=":bar", NO_PROXY="*"))
    assert_started(start(HTTPS_PROXY=":bar", no_proxy="a.example, .invalid"))
    assert_started(start(HTTPS_PROXY=":bar", NO_PROXY="api.invalid:443,api.invalid"))
    listing = ("call", "currents_list_projects")
    assert run(*listing, **on(sandbox), HTTPS_PROXY=":bar", HTTP_PROXY=":bar").returncode == 0


@pytest.mark.parametrize("hosts", ["[::1", "a.example,[::1", "::1]", "[x]"])
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_hosts_without_a_proxy_that_are_none_are_refused(variable: str, hosts: str) -> None:
    assert_refused(start(**{variable: hosts}), variable)
    assert_refused(start(HTTPS_PROXY="http://proxy.example", **{variable: hosts}), variable)


@pytest.mark.parametrize(
    "hosts",
    [
        "localhost,127.0.0.1,[::1],::1",
        "10.0.0.0/8,fe80::/10",
        "*.example, .example:8080",
        ",,",
        "é",
    ],
)
def test_hosts_without_a_proxy_are_taken_as_other_programs_write_them(hosts: str) -> None:
    assert_started(start(HTTPS_PROXY="http://proxy.example", NO_PROXY=hosts))


def not_there(folder: Path) -> Path:
    return folder / "no-such"


def empty(folder: Path) -> Path:
    (folder / "empty").touch()
    return folder / "empty"


def no_certificates(folder: Path) -> Path:
    (folder / "text").write_text("-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n")
    return folder / "text"


def binary(folder: Path) -> Path:
    (folder / "binary").write_bytes(bytes(range(256)) * 10)
    return folder / "binary"


def a_folder(folder: Path) -> Path:
    return folder


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def a_circle(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "link")
    return folder / "link"


def too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


FILES: Final = (not_there, empty, no_certificates, binary, a_folder, a_pipe, a_circle, too_long)


@pytest.mark.parametrize("made", FILES)
def test_a_file_of_certificates_that_is_none_is_refused(made: object, tmp_path: Path) -> None:
    assert callable(made)
    done = start(SSL_CERT_FILE=str(made(tmp_path)))
    assert_refused(done, "SSL_CERT_FILE")
    assert str(tmp_path) not in done.stderr


def test_a_folder_of_certificates_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    assert_refused(start(SSL_CERT_DIR=str(folder)), "SSL_CERT_DIR")
    folder.mkdir()
    for name, text in (("ca.pem", Path(certifi.where()).read_text()), ("0a1b2c3d.0", "hello")):
        (folder / name).write_text(text)
        done = start(SSL_CERT_DIR=str(folder))
        assert_refused(done, "SSL_CERT_DIR")
        assert str(tmp_path) not in done.stderr
    assert_refused(start(SSL_CERT_DIR=str(folder / "ca.pem")), "SSL_CERT_DIR")


def test_certificates_are_taken_from_a_file_or_from_folders(tmp_path: Path) -> None:
    (tmp_path / "0a1b2c3d.0").write_text(Path(certifi.where()).read_text())
    assert_started(start(SSL_CERT_FILE=certifi.where()))
    assert_started(start(SSL_CERT_FILE=certifi.where(), SSL_CERT_DIR="/no/such/folder"))
    assert_started(start(SSL_CERT_DIR=f"/no/such/folder{os.pathsep}{tmp_path}"))


def test_a_log_of_tls_keys_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    assert_refused(start(SSLKEYLOGFILE=str(tmp_path)), "SSLKEYLOGFILE")
    assert_refused(start(SSLKEYLOGFILE=str(tmp_path / "no" / "log")), "SSLKEYLOGFILE")
    assert_refused(start(SSLKEYLOGFILE=f"{tmp_path}/log/"), "SSLKEYLOGFILE")
    assert_refused(start(SSLKEYLOGFILE=str(a_pipe(tmp_path))), "SSLKEYLOGFILE")
    assert_started(start(SSLKEYLOGFILE=str(tmp_path / "log")))


def test_the_sandbox_needs_neither() -> None:
    wrong = {"HTTPS_PROXY": ":bar", "NO_PROXY": "[::1", "SSL_CERT_FILE": "/no/such/file"}
    assert run("check", "--sandbox", **wrong).returncode == 0


def test_a_server_of_its_own_refuses_a_proxy_before_anything_is_served() -> None:
    done = run_process(**API, ALL_PROXY="socks5://127.0.0.1:1")
    assert_refused(done, "ALL_PROXY")
