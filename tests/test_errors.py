"""What a user reads is one line of bounded length, commands no terminal, and shows no secret of a URL."""

import time

import pytest

from pipeline.errors import LONGEST, UserError, one_line, public, shown
from pipeline.work import progress


@pytest.mark.parametrize("filling", ["о" * 5_000_000, "\x1b[2J" * 100_000, "а б\n" * 100_000, "://a:" * 100_000])
def test_a_long_line_loses_its_middle(filling: str) -> None:
    line = str(UserError(f"data/news.txt: line 3: found '{filling}', expected a word; write one"))
    assert len(line) == LONGEST and line.isprintable() and "…" in line
    assert line.startswith("data/news.txt: line 3: found '") and line.endswith("', expected a word; write one")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("а\n\x1b", r"'а\n\x1b'"),
        (["https://me:secret@host/a"], "['https://host/a']"),
        (KeyError("B-X"), "'B-X'"),
        ([10**5000], "a number of thousands of digits"),
        ("о" * 1_000_000, f"'{'о' * 132}…{'о' * 65}'"),
    ],
)
def test_a_value_in_a_message(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a.txt: line 1:\n  bad\r\n", "a.txt: line 1: bad"),
        ("found '\x1b[31mкрасный\x07'", r"found '\x1b[31mкрасный\x07'"),
        ("a\u202eb\u200bc\udc80", r"a\u202eb\u200bc\udc80"),
        ("the mail of me@host, or https://host/pkg@1.2/file?", "the mail of me@host, or https://host/pkg@1.2/file?"),
        ("https://me:pa@host:8/a?key=b&c=d: HTTP 404; go on", "https://host:8/a?…: HTTP 404; go on"),
        ("found {'source': 'ftp://me@h/a#b', 'x': 1}", "found {'source': 'ftp://h/a?…', 'x': 1}"),
        ("https://host:80 is down, ask me@here", "https://host:80 is down, ask me@here"),
        ("https://host: found x, ask me@here", "https://host: found x, ask me@here"),
        ("Failed to parse: http://me:pa ss@proxy:3128", "Failed to parse: http://proxy:3128"),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text) == line == one_line(line) == str(UserError(text))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://host:8080/pkg@1.2/b.txt", "https://host:8080/pkg@1.2/b.txt"),
        ("https://анна:пароль@хост/б", "https://хост/б"),
        (f"https://{'t' * 400}@host/b", "https://host/b"),
        ("https://me:p@ss:w@host/b", "https://host/b"),
        ("https://me:p/w?d#x@host/b", "https://host/b"),
        ("https://me:p w'x@host/b?c d", "https://host/b?…"),
        ("https://host/b?X-Amz-Signature=c&id=3#part", "https://host/b?…"),
        ("https://host/b.txt;jsessionid=c", "https://host/b.txt?…"),
        ("news/a?b#c;d@e.txt", "news/a?b#c;d@e.txt"),
    ],
)
def test_a_url_shows_neither_user_nor_query(source: str, shown: str) -> None:
    assert public(source) == shown == public(shown)


def test_text_like_many_urls_takes_linear_time() -> None:
    started = time.process_time()
    one_line("://a:" * 4000), public("https://host/" + "://a:" * 20_000)
    assert time.process_time() - started < 2


def test_progress_is_said_in_such_lines(capsys: pytest.CaptureFixture[str]) -> None:
    progress.say("download \x1b]0;title\x07: " + "x" * 5000)
    progress.Meter("check \x1b[2J.xml", "bytes").close()
    first, second = capsys.readouterr().err.splitlines()
    assert first.isprintable() and len(first) == LONGEST and second.startswith(r"check \x1b[2J.xml: 0 bytes")
