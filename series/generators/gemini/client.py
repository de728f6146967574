"""Options in, a client of the official SDK out, with a key or Google's credentials. Needs the extra `gemini`.

Everything that the SDK would take from its own environment variables is said to it here: a key must not reach
another host, and a request is never sent twice by the SDK itself.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

from series.errors import GeneratorError
from series.generators.credentials import need_secret
from series.generators.deadline import hurried
from series.generators.gemini.failures import AnswerTooLargeError
from series.generators.gemini.options import GeminiOptions
from series.generators.http import LARGEST, is_loopback, refused_coding
from series.masking import masked

INSTALL: Final = 'pip install "series-consistency[gemini]"'
KEY: Final = "GEMINI_API_KEY"
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
"""What the credentials of Vertex AI must allow."""


def make_client(options: GeminiOptions) -> Any:  # noqa: ANN401 - a type of a package that may be missing
    """A `google.genai.Client`. Raises GeneratorError without the extra, the key or the credentials. Sends
    nothing but, where no other credentials are found, a question to the metadata server of Google's cloud."""
    try:
        genai = importlib.import_module("google.genai")
    except ImportError as error:
        raise GeneratorError(f"generator gemini needs Google's SDK: {INSTALL}") from error
    http = genai.types.HttpOptions(
        base_url=options.base_url,
        api_version=options.api_version,
        timeout=max(1, round(options.pacing.timeout_s * 1000)),
        retry_options=genai.types.HttpRetryOptions(attempts=1),
        # A redirect would carry the key to another host: httpx strips Authorization, not x-goog-api-key.
        client_args={
            "follow_redirects": False,
            "trust_env": not is_loopback(options.base_url),
            "event_hooks": {"response": [_read_bounded]},
        },
    )
    if not options.vertex:
        key = need_secret(KEY, "generator gemini")
        return _in_time(genai.Client(vertexai=False, api_key=key.value, http_options=http))
    credentials, project = _credentials()
    project = options.project or project
    if not project:
        raise GeneratorError("generator.project: Vertex AI needs the id of a Google Cloud project")
    client = genai.Client(
        vertexai=True,
        project=project,
        location=options.location,
        credentials=credentials,
        http_options=http,
    )
    return _in_time(client)


def _in_time(client: Any) -> Any:  # noqa: ANN401
    """The client, whose requests end with `deadline.within`; one of its own cannot be given to it with the
    arguments above."""
    hurried(getattr(getattr(client, "_api_client", None), "_httpx_client", None))
    return client


def _read_bounded(response: Any) -> None:  # noqa: ANN401 - of httpx or httpx2, whichever the SDK runs on
    """Read an answer here, before the SDK reads it without a bound. Raises AnswerTooLargeError."""
    packed = refused_coding(response.headers)
    if packed:
        raise AnswerTooLargeError(packed)
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise AnswerTooLargeError(f"an answer of more than {LARGEST >> 20} MB")
    # What Response.read() keeps and looks for: the stream cannot be read twice, and has no public setter.
    response._content = bytes(body)  # noqa: SLF001


def _credentials() -> tuple[Any, str]:
    """Google's application-default credentials, and the project they belong to."""
    auth = importlib.import_module("google.auth")
    errors = importlib.import_module("google.auth.exceptions")
    try:
        credentials, project = auth.default(scopes=[SCOPE])
    except errors.GoogleAuthError as error:
        said = " ".join(masked(str(error)).split())
        raise GeneratorError(
            "generator gemini with vertex needs Google's application-default credentials: "
            f"gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS=FILE ({said[:200]})"
        ) from error
    return credentials, str(project or "")
