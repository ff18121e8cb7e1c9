"""What the page may ask: a text, and none that is too long or odd. Whatever else is refused in one line."""

import re

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from pipeline.predict.read import NoText, decode, parse_json

LIMIT = 100_000
"""Characters of a text."""
BODY = 12 * LIMIT + 1_000
"""Bytes of a request: JSON may spell a character as two escapes of six bytes each."""
JSON = "application/json"
_ODD = re.compile("[\0\ud800-\udfff]")


def check_type(mimetype: str, charset: str) -> None:
    """Only JSON in UTF-8 is read: no form of another site can send it."""
    if mimetype != JSON or charset.lower() not in ("utf-8", "utf8"):
        found = f"{mimetype or 'none'}; charset={charset}" if mimetype == JSON else mimetype or "none"
        raise UnsupportedMediaType(f"content type: found {found}, expected {JSON}")


def read_text(body: bytes) -> str:
    """The text of `{"text": ...}` in UTF-8; raises an exception of HTTP that says what is wrong."""
    try:
        text = parse_json(decode(body))
    except NoText as fault:
        raise BadRequest(f"the request: {fault}") from None
    if len(text) > LIMIT:
        raise RequestEntityTooLarge(too_long(f"{len(text):,} characters"))
    if odd := _ODD.search(text):
        what = "NUL" if odd[0] == "\0" else "half of a surrogate pair"
        raise BadRequest(f"the text: character {odd.start() + 1:,} is {what}, which no text holds; take it out")
    return text


def too_long(found: str) -> str:
    """What is said of a text over the limit."""
    return f"found {found}, and at most {LIMIT:,} characters are read at a time; shorten the text"
