"""The page and its interface as a Flask application that answers this computer only, and keeps nothing.

    GET  /              the page
    POST /api/entities  {"text": ...} -> {"models": [{"name": ..., "spans": [{"start", "stop", "type", "confidence"}]}]}

Whatever it refuses is answered with `{"error": ...}`, one line. Another site's page can neither ask nor embed it: names
of hosts are checked, against DNS rebinding, and so are origins; no header allows sharing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, ServiceUnavailable

from pipeline.errors import UserError
from pipeline.predict.page import UNSURE
from pipeline.predict.serve.models import Model
from pipeline.predict.serve.request import BODY, LIMIT, check_type, read_text, too_long
from pipeline.predict.write import describe
from pipeline.report import pages
from pipeline.report.pages.render import render_page

HERE = Path(__file__).parent / "page"
STYLE = Path(pages.__file__).with_name("style.css")
FILES = {
    "/style.css": (STYLE, "text/css"),
    "/serve.css": (HERE / "serve.css", "text/css"),
    "/serve.js": (HERE / "serve.js", "text/javascript"),
    "/icon.svg": (HERE / "icon.svg", "image/svg+xml"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer: only the page's own files are loaded, nothing that was typed can become code, nothing is kept."""
PAGE, ENTITIES = "/", "/api/entities"
SAID = {
    404: f"no such address; there are GET {PAGE} and POST {ENTITIES}",
    405: f"no such method here; there are GET {PAGE} and POST {ENTITIES}",
    413: too_long(f"more than {BODY:,} bytes"),
    500: "the server failed; it says why where it was started",
}


def make_app(models: Sequence[Model], port: int) -> Flask:
    """The application; `port` is that of its address."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY
    app.url_map.merge_slashes = False
    hosts = own_hosts(port)
    app.before_request(lambda: check_place(hosts))
    app.after_request(harden)
    app.register_error_handler(HTTPException, answer_error)
    app.register_error_handler(UserError, lambda error: answer_error(ServiceUnavailable(str(error))))
    types = list(dict.fromkeys(type_ for model in models for type_ in model.tagger.types))
    content = {"models": models, "types": [(x, NAMES.get(x, "")) for x in types], "limit": LIMIT, "unsure": UNSURE}
    _serve(app, PAGE, render_page(HERE / "page.html", **content).encode(), "text/html")
    for address, (path, kind) in FILES.items():
        _serve(app, address, path.read_bytes(), kind)
    app.add_url_rule(
        ENTITIES, "entities", lambda: find_entities(models), methods=["POST"], provide_automatic_options=False
    )
    return app


NAMES = {
    "PER": "person",
    "LOC": "location",
    "ORG": "organisation",
    "MISC": "other name",
    "CORP": "corporation",
    "GRP": "group",
    "PROD": "product",
    "CW": "creative work",
}
"""Types of the NER sets, for people."""


def find_entities(models: Sequence[Model]) -> Response:
    """What each model finds in the text of the request."""
    check_type(request.mimetype, request.mimetype_params.get("charset", "utf-8"))
    text = read_text(request.get_data(cache=False))
    return jsonify(models=[{"name": model.name, "spans": _find(model, text)} for model in models])


def _find(model: Model, text: str) -> list[dict[str, Any]]:
    spans = model.tagger(text)
    assert isinstance(spans, list)
    return [describe(span) for span in spans]


def own_hosts(port: int) -> frozenset[str]:
    """What a browser on this computer may call it, as in the header Host; port 80 is left out there."""
    names = "localhost", "127.0.0.1", "[::1]"
    return frozenset(name + end for name in names for end in ([f":{port}", ""] if port == 80 else [f":{port}"]))


def check_place(hosts: frozenset[str]) -> None:
    """Refuse another name of this computer, and what another site's page asks."""
    host, origin = (request.environ.get(key) for key in ("HTTP_HOST", "HTTP_ORIGIN"))
    if str(host).lower() not in hosts:
        raise Forbidden(f"host: found {host!r}, expected {' or '.join(sorted(hosts))}")
    if origin is not None and origin.lower().removeprefix("http://") not in hosts:
        raise Forbidden(f"origin: found {origin!r}, expected this page's own")


def harden(response: Response) -> Response:
    """The same answer with the headers of every answer."""
    response.headers.update(HEADERS)
    return response


def answer_error(error: HTTPException) -> Response:
    """One line as JSON, with the status and, of a wrong method, the right ones."""
    generic = error.description in (None, type(error).description) or isinstance(error, InternalServerError)
    message = SAID.get(error.code or 500, error.name) if generic else str(error.description)
    response = jsonify(error=" ".join(message.split()))
    response.status_code = error.code or 500
    response.headers.extend({key: value for key, value in error.get_headers() if key == "Allow"})
    return response


def _serve(app: Flask, address: str, content: bytes, kind: str) -> None:
    def answer() -> Response:
        return Response(content, content_type=kind if kind.startswith("image/") else f"{kind}; charset=utf-8")

    app.add_url_rule(address, address.strip("/").replace(".", "-") or "page", answer, provide_automatic_options=False)
