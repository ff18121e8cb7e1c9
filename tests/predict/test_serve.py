"""The page's server: what it answers, what it refuses, and to whom."""

import json
import signal
import socket
import threading
import time
import webbrowser
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import yaml
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from pipeline.errors import UserError
from pipeline.predict import TextTagger
from pipeline.predict.serve import run
from pipeline.predict.serve.app import BODY, FILES, LIMIT, TABLES, make_app
from pipeline.predict.serve.models import Model, find_folders
from pipeline.predict.serve.run import bind
from pipeline.predict.several import name_folders
from tests.conftest import RunCommand
from tests.pages import Page
from tests.predict.conftest import ROOT, World, as_json, serving

PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
TEXT = "😀 Анна Смирнова уехала в Москву.\nИван Петров живёт в Казани."
API = "/api/entities"
JSON = "application/json"


@pytest.fixture(scope="module")
def client(models: list[Model]) -> FlaskClient:
    return make_app(models, ("127.0.0.1", PORT)).test_client()


def ask(client: FlaskClient, method: str, path: str, **request: Any) -> TestResponse:
    """Send a request, and check the headers that every answer has."""
    answer = client.open(path, method=method, base_url=BASE, **request)
    assert {key: answer.headers[key] for key in TABLES["headers"]} == TABLES["headers"]
    assert not [key for key, _ in answer.headers if key.startswith("Access-Control") or key == "Set-Cookie"]
    return answer


def post(client: FlaskClient, data: bytes, content_type: str = JSON) -> TestResponse:
    return ask(client, "POST", API, data=data, content_type=content_type)


def one_line(answer: Any) -> str:
    assert list(answer) == ["error"] and answer["error"] and "\n" not in answer["error"]
    return str(answer["error"])


def test_every_model_says_what_it_finds(client: FlaskClient, tagger: TextTagger) -> None:
    spans = as_json(tagger(TEXT))
    answer = post(client, json.dumps({"text": TEXT}).encode())
    assert answer.status_code == 200 and len(spans) > 1
    assert answer.json == {"models": [{"name": "sru", "spans": spans}, {"name": "other/sru", "spans": spans}]}
    assert answer.json == post(client, json.dumps({"text": TEXT}, ensure_ascii=False).encode()).json
    assert post(client, b'{"text": ""}').json == {"models": [{**model, "spans": []} for model in answer.json["models"]]}


def test_a_text_at_the_limit_is_read(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TextTagger, "__call__", lambda self, text: [])
    assert post(client, json.dumps({"text": "😀" * LIMIT}).encode()).status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        (b"", JSON, 400, "not JSON"),
        (b"\xd0", JSON, 400, "byte 1 of it (0xd0) is not UTF-8"),
        ('{"text": "Анна"}'.encode("utf-16"), JSON, 400, "not UTF-8"),
        (b'{"txt": "a"}', JSON, 400, "found no text in it"),
        (b'{"text": "a\\ud83d"}', JSON, 400, "character 2 is half of a surrogate pair"),
        (b'{"text": "abc\\u0000"}', JSON, 400, "character 4 is NUL"),
        (b'{"text": "%s"}' % (b" " * (LIMIT + 1)), JSON, 413, "found 100,001 characters, and at most 100,000 char"),
        (b" " * (BODY + 1), JSON, 413, "more than 1,201,000 bytes"),
        (b'{"text": "a"}', "", 415, "expected application/json"),
        (b'{"text": "a"}', "text/plain", 415, "expected application/json"),
        (b'{"text": "a"}', "multipart/form-data; boundary=x", 415, "expected application/json"),
        (b'{"text": "a"}', "application/json; charset=cp1251", 415, "expected application/json"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_text_is_refused(client: FlaskClient, body: bytes, kind: str, status: int, message: str) -> None:
    answer = post(client, body, kind)
    assert answer.status_code == status and message in one_line(answer.json)


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: json.dumps({"text": text}).encode()))
@settings(max_examples=30)
def test_any_body_is_answered(client: FlaskClient, body: bytes) -> None:
    answer = post(client, body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        one_line(answer.json)


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", API, 405, {"POST"}),
        ("OPTIONS", API, 405, {"POST"}),
        ("POST", "/", 405, {"GET", "HEAD"}),
        ("TRACE", "/serve.js", 405, {"GET", "HEAD"}),
        ("GET", "/../pipeline/cli.py", 404, set()),
        ("GET", "/api//entities", 404, set()),
        ("POST", API + "/", 404, set()),
        ("GET", "/%00%ff", 404, set()),
    ],
)
def test_other_addresses_and_methods_are_refused(
    client: FlaskClient, method: str, path: str, status: int, allow: set[str]
) -> None:
    answer = ask(client, method, path)
    assert answer.status_code == status and {*answer.allow} == allow and "GET /" in one_line(answer.json)


@pytest.mark.parametrize("host", ["localhost:8765", "LOCALHOST:8765", "127.0.0.1:8765", "[::1]:8765"])
def test_this_computer_is_answered(client: FlaskClient, host: str) -> None:
    assert ask(client, "GET", "/", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize(
    ("header", "value"),
    [
        *(("Host", host) for host in ("example.org:8765", "127.0.0.1", "localhost:80", "a b", "localhost.:8765", "")),
        *(("Origin", site) for site in ("http://example.org", "null", "https://127.0.0.1:8765", "http://127.0.0.1")),
    ],
)
def test_other_names_of_this_computer_and_other_sites_are_refused(client: FlaskClient, header: str, value: str) -> None:
    answer = ask(client, "POST", API, json={"text": "a"}, headers={header: value})
    assert answer.status_code == 403 and one_line(answer.json).startswith(f"{header.lower()}: found")


def test_the_page_is_made_of_its_own_files(client: FlaskClient) -> None:
    source = ask(client, "GET", "/").text
    page = Page.parse(source)
    assert page.open == [] and len(page.ids) == len({*page.ids}) and "<style" not in source and "style=" not in source
    assert {reference for reference in page.references if not reference.startswith("#")} <= {x[1:] for x in FILES}
    for file, (path, _) in FILES.items():
        assert ask(client, "GET", file).data == path.read_bytes() and b"https://" not in path.read_bytes()
    assert "<b>as it is</b>" in page.text and source.count("Do not use it for real Russian") == 1


def test_a_failure_is_logged_without_what_was_typed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: TextTagger, text: str) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(TextTagger, "__call__", fail)
    answer = post(client, '{"text": "тайна"}'.encode())
    assert answer.status_code == 500 and "says why where it was started" in one_line(answer.json)
    assert "a fault" in caplog.text and "тайна" not in caplog.text


def test_further_names_are_answered_with_any_port(models: list[Model]) -> None:
    client = make_app(models, ("0.0.0.0", PORT), ["Tagger.example.org"]).test_client()
    for host, origin, status in (
        ("tagger.example.org", "https://tagger.example.org", 200),
        ("tagger.example.org:80", "http://tagger.example.org:80", 200),
        ("localhost:8765", "http://localhost:8765", 200),
        ("tagger.example.org", "https://tagger.example.org.evil.org", 403),
        ("taggerxexample.org", "https://tagger.example.org", 403),
        ("localhost:8765", "http://localhost:3000", 403),
    ):
        headers = {"Host": host, "Origin": origin}
        assert ask(client, "POST", API, json={"text": "a"}, headers=headers).status_code == status, (host, origin)


def test_a_monitor_is_told_nothing(client: FlaskClient) -> None:
    answer = ask(client, "GET", "/healthz", headers={"Host": "10.0.0.7:8765"})
    assert answer.status_code == 200 and answer.json == {}
    assert ask(client, "POST", "/healthz", headers={"Host": "10.0.0.7:8765"}).status_code == 405


@pytest.mark.parametrize(
    ("request_", "status", "message"),
    [
        ("POST {api} HTTP/1.1\r\n{host}Content-Length: -5\r\n\r\n{{}}", 400, "Content-Length is invalid"),
        ("POST {api} HTTP/1.1\r\n{host}Content-Length: 1,5\r\n\r\n{{}}", 400, "Content-Length is invalid"),
        ("POST {api} HTTP/1.1\r\n{host}Content-Length: 99999999999\r\n\r\n{{}}", 413, "exceeds max_body of 1201000"),
        ("POST {api} HTTP/1.1\r\n{host}Transfer-Encoding: gzip\r\n\r\n{{}}", 501, "is not supported"),
        ("POST {api} HTTP/1.1\r\n{host}\r\n", 415, "expected application/json"),
        ("GET / HTTP/1.0\r\n\r\n", 403, "host: found None"),
        ("\x16\x03\x01\r\n\r\n", 400, "Start line is invalid"),
    ],
)
def test_what_is_no_http_is_refused(address: str, request_: str, status: int, message: str) -> None:
    host = address.removeprefix("http://")
    name, port = host.split(":")
    with socket.create_connection((name, int(port)), timeout=10) as connection:
        headers = f"Host: {host}\r\nConnection: close\r\n"
        connection.sendall(request_.format(api=API, host=headers).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    assert int(head.split()[1]) == status and message in body and "Server:" not in head
    if status in (403, 415):  # what reaches the application is answered by it
        assert one_line(json.loads(body)) and all(f"{key}: {value}" in head for key, value in TABLES["headers"].items())
    else:
        assert "Content-Type: text/plain" in head


def test_requests_that_never_end_stop_no_others_and_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PATIENCE", 1)
    head = f"POST {API} HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: 50\r\n".encode()
    arrives = {"nothing": b"", "a line": b"POST /api/ent", "a body": head + b"\r\n{", "a drip": head}
    with serving([], each=0.1) as address, ExitStack() as opened:
        name, port = address.removeprefix("http://").split(":")
        waiting = []
        for kind in [*arrives] * 30:
            connection = opened.enter_context(socket.create_connection((name, int(port)), timeout=10))
            connection.sendall(arrives[kind])
            waiting.append((kind, connection))

        asked = time.monotonic()
        assert requests.post(address + API, json={"text": ""}, timeout=10).status_code == 200
        assert time.monotonic() - asked < 5

        while waiting and time.monotonic() < asked + 20:
            waiting = [(kind, x) for kind, x in waiting if not is_closed(x, b"X" if kind == "a drip" else b"")]
            time.sleep(0.05)
        assert not waiting


@pytest.mark.slow
def test_thousands_of_short_requests_are_answered_and_leave_nothing(address: str, tagger: TextTagger) -> None:
    texts = [f"Анна Смирнова уехала в город Казань, дом {i}." for i in range(5)]
    expected = [as_json(tagger(text)) for text in texts]

    def ask_often(times: int) -> None:
        with requests.Session() as session:
            for i in range(times):
                answer = session.post(address + API, json={"text": texts[i % 5]}, timeout=10).json()
                assert answer["models"][0]["spans"] == expected[i % 5]

    def ask_at_once(times: int) -> int:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask_often, [times] * 8))
        return int(psutil.Process().memory_info().rss)

    before = ask_at_once(100)
    assert ask_at_once(300) - before < 20e6


def is_closed(connection: socket.socket, more: bytes) -> bool:
    """Whether the server has closed the connection; if not, send it `more` of the request."""
    connection.setblocking(False)
    try:
        connection.send(more)
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_folders_are_named_by_as_little_as_tells_them_apart(tmp_path: Path) -> None:
    assert name_folders([Path("a/sru"), Path("b/lstm/")]) == ["sru", "lstm"]
    assert name_folders([Path("a/x/ru"), Path("b/x/ru")]) == ["a/x/ru", "b/x/ru"]
    assert name_folders([tmp_path]) == [tmp_path.name]
    with pytest.raises(UserError, match=r"b/\.\./a: given twice"):
        name_folders([Path("b/../a"), Path("a")])
    for name in ("b", "a", ".a.partial"):
        (tmp_path / name).mkdir()
    (tmp_path / ".gitignore").touch()
    assert find_folders(tmp_path) == [tmp_path / "a", tmp_path / "b"]


def test_the_command_opens_a_browser_and_serves_until_ctrl_c(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    answers = []

    def browse(url: str) -> None:
        try:
            answers.append(requests.post(url + API[1:], json={"text": TEXT}, timeout=60))
        finally:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(webbrowser, "open", browse)
    code, out, error = run_command("serve", "--port", 0, "--model", world.exported)
    assert (code, error) == (0, "") and out.endswith("wikineural; Ctrl-C ends it\n") and out.count("\n") == 1
    assert answers[0].json()["models"][0]["spans"] and [*tmp_path.iterdir()] == []


def test_the_tagger_of_the_first_set_is_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    served: list[Path] = []
    monkeypatch.setattr("pipeline.predict.serve.run.run", lambda folders, *_: served.extend(folders))
    monkeypatch.chdir(tmp_path)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")) | {"sets": ["wikineural", "multiconer"]}
    for name in ("a", "multiconer", "wikineural"):
        Path("models", "tagger", name).mkdir(parents=True)
    assert run_command("serve", "--no-open").code == 0
    assert [folder.name for folder in served] == ["a", "multiconer", "wikineural"]
    served.clear()
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    assert run_command("serve", "--no-open").code == 0
    assert [folder.name for folder in served] == ["wikineural", "multiconer", "a"]


def test_what_cannot_be_served_is_one_line(
    world: World, copy: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    monkeypatch.chdir(copy.parent)
    (copy / "tagger" / "weights.safetensors").write_bytes(b"x")
    serve = ("serve", "--no-open", "--model", world.exported)
    with bind(("127.0.0.1", 0)) as taken:
        _, port = taken.getsockname()
        for arguments, message in [
            (("serve", "--no-open"), "models/tagger: no tagger in it; dvc repro export makes one"),
            ((*serve, "--port", port), f"port {port}: address already in use; choose another one"),
            ((*serve, "--port", 0, "--model", "copy"), "copy/tagger/weights.safetensors"),
            ((*serve, "--host", "no such host"), "--host: found 'no such host', expected an IPv4 address of this"),
            ((*serve, "--host", ""), "--host: found '', expected an IPv4 address of this computer"),
            ((*serve, "--host", b"\xff".decode("utf-8", "surrogateescape")), "--host: found '"),
            ((*serve, "--name", ""), "--name: found an empty one, expected a name"),
            ((*serve, "--host", "192.0.2.1"), "--host: found '192.0.2.1', expected an IPv4 address of this computer"),
        ]:
            code, _, error = run_command(*arguments)
            assert code == 1 and error.startswith(f"error: {message}") and error.count("\n") == 1
