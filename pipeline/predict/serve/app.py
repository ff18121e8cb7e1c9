"""The page and its interface as a Flask application that answers to its own names only, and keeps nothing.

    GET  /              the page
    POST /api/entities  {"text": ...} -> {"models": [{"name": ..., "spans": [{"start", "stop", "type", "confidence"}]}]}
    GET  /healthz       {}, whoever asks: for monitoring

A refused request is answered with `{"error": ...}`, one line. Pages of other sites can neither use nor embed
this one: host names are checked (against DNS rebinding) and so are origins, and no header allows sharing.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from pipeline.errors import UserError
from pipeline.files.yaml import read_yaml
from pipeline.predict.read import NoText, parse_json
from pipeline.predict.records import describe
from pipeline.predict.serve.models import Model
from pipeline.predict.write import UNSURE
from pipeline.report import pages
from pipeline.report.colours import colour_types
from pipeline.report.pages.templates import render_page

LIMIT = 100_000
"""The most characters of a text."""
BODY = 12 * LIMIT + 1_000
"""The most bytes of a request: JSON may spell a character as two escapes of six bytes each."""
HERE = Path(__file__).parent / "page"
FILES = {
    "/style.css": (Path(pages.__file__).with_name("style.css"), "text/css; charset=utf-8"),
    "/serve.css": (HERE / "serve.css", "text/css; charset=utf-8"),
    "/serve.js": (HERE / "serve.js", "text/javascript; charset=utf-8"),
    "/icon.svg": (HERE / "icon.svg", "image/svg+xml"),
}
TABLES = read_yaml(Path(__file__).with_name("tables.yaml"))
PAGE, ENTITIES, HEALTH, JSON = "/", "/api/entities", "/healthz", "application/json"
LOCAL = ("localhost", "127.0.0.1", "[::1]")
TOO_LONG = f"and at most {LIMIT:,} characters are read at a time; shorten the text"
MESSAGES = {**TABLES["messages"], 413: f"found more than {BODY:,} bytes, {TOO_LONG}"}
_ODD = re.compile("[\0\ud800-\udfff]")


def make_app(models: Sequence[Model], address: tuple[str, int], names: Sequence[str] = ()) -> Flask:
    """Make the application that listens on an address, a host and a port; `names` are further ones of the server."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY
    app.url_map.merge_slashes = False

    def serve(place: str, content: bytes, kind: str) -> None:
        name = place.strip("/").replace(".", "-") or "page"
        app.add_url_rule(place, name, lambda: Response(content, content_type=kind), provide_automatic_options=False)

    colours = colour_types(type_ for model in models for type_ in model.tagger.types)
    types = [(type_, TABLES["types"].get(type_, ""), colour) for type_, colour in colours.items()]
    content = {"models": models, "types": types, "limit": LIMIT, "unsure": UNSURE}
    serve(PAGE, render_page(HERE / "page.html", **content).encode(), "text/html; charset=utf-8")
    for place, (path, kind) in FILES.items():
        serve(place, path.read_bytes(), kind)

    @app.post(ENTITIES, provide_automatic_options=False)
    def find_entities() -> Response:
        text = read_request()
        spans = [[describe(span) for span in model.tagger(text)] for model in models]
        return jsonify(models=[{"name": model.name, "spans": x} for model, x in zip(models, spans, strict=True)])

    @app.get(HEALTH, provide_automatic_options=False)
    def answer_health() -> Response:
        return jsonify({})

    hosts, origins = know_sites(address, names)

    @app.before_request
    def refuse_other_sites() -> None:
        """Refuse requests to another name of this computer, and requests from other sites' pages."""
        if request.path == HEALTH:  # it tells nothing, and a monitor may know the IP address only
            return
        host, origin = (request.environ.get(key) for key in ("HTTP_HOST", "HTTP_ORIGIN"))
        if not hosts.fullmatch(host or ""):
            expected = " or ".join([*(f"{name}:{address[1]}" for name in LOCAL), *names])
            abort(403, f"host: found {host!r}, expected {expected}; serve --name adds one")
        if origin is not None and not origins.fullmatch(origin):
            abort(403, f"origin: found {origin!r}, expected this page's own")

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.update(TABLES["headers"])
        return response

    app.register_error_handler(HTTPException, answer_error)
    app.register_error_handler(UserError, lambda error: answer_error(ServiceUnavailable(str(error))))
    return app


def know_sites(address: tuple[str, int], names: Sequence[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what the headers Host and Origin may be; a further name may have any port, that of a proxy."""
    host, port = address
    own = [f"{re.escape(name)}:{port}" for name in (*LOCAL, host)]
    own += [re.escape(name) for name in (*LOCAL, host) if port == 80]  # which a browser leaves out of the header
    further = [rf"{re.escape(name)}(:\d+)?" for name in names]
    origins = [f"http://{site}" for site in own] + [f"https?://{site}" for site in further]
    return re.compile("|".join(own + further), re.IGNORECASE), re.compile("|".join(origins), re.IGNORECASE)


def read_request() -> str:
    """Read the text of the request; an HTTP exception says what is wrong with it."""
    kind, charset = request.mimetype, request.mimetype_params.get("charset", "utf-8")
    if kind != JSON or charset.lower() not in ("utf-8", "utf8"):  # forms of other sites cannot send JSON
        content_type = f"{kind}; charset={charset}" if kind == JSON else kind or "none"
        abort(415, f"content type: found {content_type}, expected {JSON}")
    try:
        text = parse_json(request.get_data(cache=False))
    except NoText as fault:
        abort(400, f"the request: {fault}")
    if len(text) > LIMIT:
        abort(413, f"found {len(text):,} characters, {TOO_LONG}")
    if odd := _ODD.search(text):
        name = "NUL" if odd[0] == "\0" else "half of a surrogate pair"
        abort(400, f"the text: character {odd.start() + 1:,} is {name}, which no text holds; take it out")
    return text


def answer_error(error: HTTPException) -> Response:
    """Answer with one line as JSON and the error's status; if the method is wrong, a header lists the right ones."""
    generic = error.description in (None, type(error).description) or isinstance(error, InternalServerError)
    message = MESSAGES.get(error.code or 500, error.name) if generic else str(error.description)
    response = jsonify(error=" ".join(message.split()))
    response.status_code = error.code or 500
    response.headers.extend({key: value for key, value in error.get_headers() if key == "Allow"})
    return response
